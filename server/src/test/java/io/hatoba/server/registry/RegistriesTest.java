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
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(TestDatabaseKind.class)
class RegistriesTest {
  @TempDir Path dir;

  private final TestDatabaseKind kind;
  private AuthNode node;

  RegistriesTest(TestDatabaseKind kind) {
    this.kind = kind;
  }

  @BeforeEach
  void open() {
    node = new AuthNode(kind.open(dir), new SettableClock(), TestAuthConfig.DEFAULTS);
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
    assertThatThrownBy(() -> node.registries.page(Optional.empty(), 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> node.registries.page(Optional.empty(), 1001))
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
  void aListIsOneSearchInAnIndex() {
    new Plans(node.database).assertIndexed(Registries.PAGE, "after", "a", "limit", 10);
  }

  private List<String> names(Optional<String> after, int limit) {
    return node.registries.page(after, limit).stream()
        .map(registry -> registry.name().value())
        .toList();
  }

  private static ErrorCode code(Runnable work) {
    return catchThrowableOfType(RefusedException.class, work::run).refusal().code();
  }
}
