package io.hatoba.server.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.account.Plans;
import io.hatoba.server.auth.AuthNode;
import io.hatoba.server.auth.SettableClock;
import io.hatoba.server.auth.TestAuthConfig;
import io.hatoba.server.auth.TestDatabaseKind;
import io.hatoba.server.content.ReadScope;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass
@EnumSource(TestDatabaseKind.class)
class RegistriesTest {
  private static final ReadScope EVERYTHING = new ReadScope.Everything();

  @TempDir Path dir;

  private final SettableClock clock = new SettableClock();

  private final TestDatabaseKind kind;
  private AuthNode node;

  RegistriesTest(TestDatabaseKind kind) {
    this.kind = kind;
  }

  @BeforeEach
  void open() {
    node = new AuthNode(kind.open(dir), clock, TestAuthConfig.DEFAULTS);
  }

  @AfterEach
  void close() {
    node.close();
  }

  @Test
  void aRegistryIsFoundByItsName() {
    Registry made =
        node.registries.create(
            RegistryName.parse("team"), new Registries.Settings(true, "what the team makes"));

    assertThat(node.registries.find(RegistryName.parse("team"))).contains(made);
    assertThat(made.id()).isPositive();
    assertThat(made.description()).isEqualTo("what the team makes");
    assertThat(node.registries.find(RegistryName.parse("gone"))).isEmpty();
  }

  @Test
  void aNameIsTakenOnce() {
    node.registry("team", false);

    assertThat(code(() -> node.registry("team", true))).isEqualTo(ErrorCode.CONFLICT);
    assertThat(node.registries.find(RegistryName.parse("team")).orElseThrow().anonymousPull())
        .isFalse();
  }

  @Test
  void registriesComeInPagesByNameInByteOrder() {
    for (String name : List.of("b", "10", "9", "a", "a-1", "a.b", "ab")) {
      node.registry(name, false);
    }

    assertThat(names(Optional.empty(), 3)).containsExactly("10", "9", "a");
    assertThat(names(Optional.of("a"), 3)).containsExactly("a-1", "a.b", "ab");
    assertThat(names(Optional.of("ab"), 3)).containsExactly("b");
    assertThat(names(Optional.of("b"), 3)).isEmpty();
    assertThatThrownBy(() -> node.registries.page(RegistryQuery.ALL, EVERYTHING, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> node.registries.page(RegistryQuery.ALL, EVERYTHING, 1002))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void openedRegistriesAreKnownByVersion() {
    Registry open = node.registry("open", true);
    node.registry("team", false);
    long before = node.version.current();
    assertThat(node.registries.rememberedOpenedTo(before)).isEmpty();
    assertThat(node.registries.openedTo(before)).isEqualTo(Map.of("open", open.id()));
    assertThat(node.registries.rememberedOpenedTo(before)).isPresent();

    node.registries.change(open.name(), Registries.Settings.PRIVATE);

    long after = node.version.current();
    assertThat(after).isGreaterThan(before);
    assertThat(node.registries.openedTo(after)).isEmpty();
  }

  @Test
  void whatDoesNotExistCannotBeChanged() {
    RegistryName gone = RegistryName.parse("gone");

    assertThat(code(() -> node.registries.change(gone, Registries.Settings.PRIVATE)))
        .isEqualTo(ErrorCode.NAME_UNKNOWN);
  }

  @Test
  void aListIsFilteredByTheQuery() {
    for (String name : List.of("ab", "a_b", "axb", "xab")) {
      node.registry(name, false);
    }
    node.registries.change(
        RegistryName.parse("xab"),
        new Registries.Settings(false, false, false, "", Optional.empty(), Optional.empty()));

    assertThat(names(filtered(Optional.of("A_B"), Optional.empty()), EVERYTHING))
        .containsExactly("a_b");
    assertThat(names(filtered(Optional.of("ab"), Optional.empty()), EVERYTHING))
        .containsExactly("ab", "xab");
    assertThat(names(filtered(Optional.of("%"), Optional.empty()), EVERYTHING)).isEmpty();
    assertThat(names(filtered(Optional.empty(), Optional.of(false)), EVERYTHING))
        .containsExactly("xab");
    assertThat(names(filtered(Optional.of("ab"), Optional.of(true)), EVERYTHING))
        .containsExactly("ab");
    assertThat(names(RegistryQuery.ALL, new ReadScope.Registries(Set.of()))).isEmpty();
    assertThat(
            names(
                RegistryQuery.ALL,
                new ReadScope.Registries(
                    Set.of(node.registries.require(RegistryName.parse("axb")).id()))))
        .containsExactly("axb");
  }

  @ParameterizedTest
  @CsvSource({
    "NAME, false",
    "NAME, true",
    "CREATED_AT, false",
    "CREATED_AT, true",
    "PHYSICAL_BYTES, true",
    "IMAGE_COUNT, false"
  })
  void pagesOfEveryOrderFitTogether(RegistryQuery.Sort sort, boolean descending) {
    List<String> made = List.of("e", "b", "d", "a", "c");
    for (String name : made) {
      node.registry(name, false); // some in the same millisecond
    }
    RegistryQuery query =
        new RegistryQuery(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            sort,
            descending,
            Optional.empty());

    List<String> found = new ArrayList<>();
    Optional<RegistryQuery.Key> after = Optional.empty();
    List<RegistryQuery.Row> page;
    do {
      page = node.registries.page(after.map(query::after).orElse(query), EVERYTHING, 2);
      page.forEach(row -> found.add(row.registry().name().value()));
      after = page.isEmpty() ? after : Optional.of(page.getLast().key());
    } while (!page.isEmpty());

    List<String> expected = new ArrayList<>(made);
    if (sort == RegistryQuery.Sort.NAME) {
      expected.sort(Comparator.naturalOrder());
    }
    assertThat(found).isEqualTo(descending ? expected.reversed() : expected);
  }

  @Test
  void whatIsTheSameIsNoChange() {
    Registry team = node.registry("team", false);
    clock.advance(Duration.ofMinutes(1));

    assertThat(node.registries.change(team.name(), team.settings())).isEqualTo(team);
    Registry changed = node.registries.change(team.name(), new Registries.Settings(true, "x"));
    assertThat(changed.updatedAt()).isEqualTo(team.createdAt().plus(Duration.ofMinutes(1)));
    assertThat(node.registries.find(team.name())).contains(changed);
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 2000})
  void everyPageIsASearchInTheIndexOfItsOrder(int rows) {
    node.database.write(
        handle -> {
          PreparedBatch batch =
              handle.prepareBatch(
                  "INSERT INTO registry (id, name, created_at) VALUES (:id, :name, :at)");
          for (int i = 1; i <= rows; i++) {
            batch.bind("id", i).bind("name", "registry-" + i).bind("at", i).add();
          }
          batch.execute();
          handle.execute(
              "INSERT INTO registry_usage (registry_id, physical_bytes, image_count)"
                  + " SELECT id, id, id FROM registry");
          handle.execute("ANALYZE");
          return rows;
        });
    for (RegistryQuery.Sort sort : RegistryQuery.Sort.values()) {
      for (boolean descending : List.of(false, true)) {
        RegistryQuery query =
            new RegistryQuery(
                Optional.of("registry"),
                Optional.of(Purpose.NORMAL),
                Optional.of(true),
                sort,
                descending,
                Optional.of(new RegistryQuery.Key("registry-5", 5, 5)));
        RegistryStore.Statement statement = RegistryStore.statement(query, EVERYTHING);
        List<Object> parameters = new ArrayList<>(List.of("limit", 10));
        statement.values().forEach((name, value) -> parameters.addAll(List.of(name, value)));
        List<String> plan =
            new Plans(node.database).assertIndexed(statement.sql(), parameters.toArray());
        if (rows > 10) { // of ten rows PostgreSQL rather sorts all
          assertThat(plan).noneMatch(line -> line.contains("Sort") || line.contains("B-TREE"));
        }
      }
    }
  }

  private static RegistryQuery filtered(Optional<String> part, Optional<Boolean> publicUri) {
    return new RegistryQuery(
        part, Optional.empty(), publicUri, RegistryQuery.Sort.NAME, false, Optional.empty());
  }

  private List<String> names(Optional<String> after, int limit) {
    RegistryQuery query =
        after
            .map(name -> RegistryQuery.ALL.after(new RegistryQuery.Key(name, 0, 0)))
            .orElse(RegistryQuery.ALL);
    return node.registries.page(query, EVERYTHING, limit).stream()
        .map(row -> row.registry().name().value())
        .toList();
  }

  private List<String> names(RegistryQuery query, ReadScope scope) {
    return node.registries.page(query, scope, 100).stream()
        .map(row -> row.registry().name().value())
        .toList();
  }

  private static ErrorCode code(Runnable work) {
    return catchThrowableOfType(RefusedException.class, work::run).refusal().code();
  }
}
