package io.hatoba.server;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.smallrye.config.ConfigMapping;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** Holds the arrows of docs/architecture.md. */
class ArchitectureTest {
  private static final String ROOT = "io.hatoba.server";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  /** Which packages a package may use. What is not here may not exist. */
  private static final Map<String, Set<String>> ARROWS =
      Map.ofEntries(
          Map.entry("startup", Set.of()),
          Map.entry("database", Set.of("startup")),
          Map.entry("storage", Set.of("startup")),
          Map.entry("permission", Set.of()),
          Map.entry("pattern", Set.of()),
          Map.entry("endpoint", Set.of("startup")),
          Map.entry("content", Set.of("database", "storage", "startup")),
          Map.entry(
              "reclaim", Set.of("permission", "rest", "content", "database", "storage", "startup")),
          Map.entry("rest", Set.of("permission", "content")),
          Map.entry(
              "registry",
              Set.of("permission", "rest", "endpoint", "content", "database", "startup")),
          Map.entry(
              "account",
              Set.of(
                  "permission",
                  "pattern",
                  "rest",
                  "endpoint",
                  "registry",
                  "content",
                  "database",
                  "startup")),
          Map.entry(
              "auth",
              Set.of(
                  "permission",
                  "pattern",
                  "rest",
                  "endpoint",
                  "account",
                  "registry",
                  "content",
                  "database",
                  "startup")),
          Map.entry("image", Set.of("permission", "rest", "registry", "content", "database")),
          Map.entry("undo", Set.of("permission", "rest", "registry", "content")),
          Map.entry("outbound", Set.of("endpoint", "startup")),
          Map.entry("identity", Set.of("outbound")),
          Map.entry(
              "federation",
              Set.of(
                  "permission",
                  "pattern",
                  "rest",
                  "endpoint",
                  "identity",
                  "auth",
                  "account",
                  "registry",
                  "database",
                  "startup")),
          Map.entry(
              "sso",
              Set.of(
                  "rest",
                  "endpoint",
                  "outbound",
                  "identity",
                  "auth",
                  "account",
                  "database",
                  "startup")),
          Map.entry("distribution", Set.of("auth", "endpoint", "content", "storage", "startup")),
          Map.entry(
              "scrub", Set.of("permission", "rest", "content", "database", "storage", "startup")),
          Map.entry(
              "event", Set.of("permission", "rest", "registry", "content", "database", "startup")),
          Map.entry(
              "audit", Set.of("permission", "rest", "auth", "content", "database", "startup")),
          Map.entry("backup", Set.of("content", "database", "storage", "startup")),
          Map.entry(
              "command",
              Set.of(
                  "rest",
                  "account",
                  "registry",
                  "backup",
                  "content",
                  "database",
                  "storage",
                  "startup")),
          Map.entry(
              "api",
              Set.of(
                  "permission",
                  "rest",
                  "endpoint",
                  "auth",
                  "account",
                  "audit",
                  "content",
                  "database",
                  "startup")));

  @Test
  void theClassesAreThere() {
    assertThat(CLASSES.contain(Main.class)).isTrue();
    assertThat(packages()).contains("startup", "content", "database", "storage");
  }

  @Test
  void everyPackageIsOnTheMap() {
    assertThat(ARROWS.keySet()).containsAll(packages());
  }

  @Test
  void arrowsPointDownOnly() {
    for (String name : packages()) {
      String[] allowed =
          Stream.concat(Stream.of(name), ARROWS.getOrDefault(name, Set.of()).stream())
              .map(ArchitectureTest::within)
              .toArray(String[]::new);
      noClasses()
          .that()
          .resideInAPackage(within(name))
          .should()
          .dependOnClassesThat(resideInAPackage(ROOT + "..").and(not(resideInAnyPackage(allowed))))
          .check(CLASSES);
    }
  }

  @Test
  void noPackageIsPartOfACircle() {
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void everyPackageIsNullMarked() {
    List<JavaPackage> unmarked =
        CLASSES.stream()
            .map(JavaClass::getPackage)
            .filter(javaPackage -> javaPackage.getName().startsWith(ROOT))
            .distinct()
            .filter(javaPackage -> !javaPackage.isAnnotatedWith(NullMarked.class))
            .toList();
    assertThat(unmarked).isEmpty();
  }

  @Test
  void noConnectionGetsNearFlowingBytes() {
    noClasses()
        .that()
        .resideInAnyPackage(within("storage"), within("distribution"))
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(Handle.class)
        .check(CLASSES);
  }

  @Test
  void onlyContentWritesObjects() {
    noClasses()
        .that()
        .resideOutsideOfPackages(within("storage"), within("content"))
        .should()
        .dependOnClassesThat()
        .haveNameMatching(".*\\.storage\\.ObjectWriter")
        .check(CLASSES);
  }

  @Test
  void logsGoThroughOneLogger() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.util.logging..")
        .check(CLASSES);
    noClasses().should().dependOnClassesThat().resideInAPackage("org.slf4j..").check(CLASSES);
  }

  @Test
  void onlyTheProgramItselfPrints() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT)
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(CLASSES);
  }

  @Test
  void nothingSleeps() {
    noClasses().should().callMethod(Thread.class, "sleep", long.class).check(CLASSES);
    noClasses().should().callMethod(Thread.class, "sleep", Duration.class).check(CLASSES);
  }

  @Test
  void everyConfigurationIsChecked() {
    Set<Class<?>> mappings =
        CLASSES.stream()
            .filter(type -> type.isAnnotatedWith(ConfigMapping.class))
            .map(JavaClass::reflect)
            .collect(Collectors.toSet());
    assertThat(Features.CONFIGS).containsExactlyInAnyOrderElementsOf(mappings);
  }

  @Test
  void configurationsAreInterfacesNamedSo() {
    classes()
        .that()
        .areAnnotatedWith(ConfigMapping.class)
        .should()
        .beInterfaces()
        .andShould()
        .haveSimpleNameEndingWith("Config")
        .check(CLASSES);
  }

  private static Set<String> packages() {
    return CLASSES.stream()
        .map(JavaClass::getPackageName)
        .filter(name -> name.startsWith(ROOT + "."))
        .map(name -> name.substring(ROOT.length() + 1).replaceFirst("\\..*", ""))
        .collect(Collectors.toSet());
  }

  private static String within(String name) {
    return ROOT + "." + name + "..";
  }
}
