package io.hatoba.server.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.oci.RepositoryName;
import io.hatoba.server.account.Bootstrap.Outcome;
import io.hatoba.server.account.Bootstrap.Wanted;
import io.hatoba.server.auth.Action;
import io.hatoba.server.auth.AuthNode;
import io.hatoba.server.auth.SettableClock;
import io.hatoba.server.auth.TestAuthConfig;
import io.hatoba.server.auth.TestDatabaseKind;
import io.hatoba.server.content.ReadScope;
import io.hatoba.server.database.Database;
import io.hatoba.server.registry.RegistryName;
import io.hatoba.server.registry.RegistryQuery;
import io.hatoba.server.startup.Secret;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(TestDatabaseKind.class)
class BootstrapTest {
  private static final Wanted NOTHING =
      Wanted.parse(Optional.empty(), Optional.empty(), "my-registry");

  @TempDir Path dir;

  private final TestDatabaseKind kind;
  private final SettableClock clock = new SettableClock();
  private Database database;
  private AuthNode node;

  BootstrapTest(TestDatabaseKind kind) {
    this.kind = kind;
  }

  @BeforeEach
  void open() {
    database = kind.open(dir);
    node = new AuthNode(database, clock, TestAuthConfig.DEFAULTS);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void theFirstStartMakesAWorkingLogin() {
    Outcome.Made made = (Outcome.Made) node.bootstrap.run(NOTHING);

    Secret secret = made.secret().orElseThrow();
    node.authenticator
        .authenticate(login(made.keyId(), secret.reveal()), "127.0.0.1")
        .require(
            RepositoryName.parse("my-registry/app"),
            Set.of(Action.PULL, Action.PUSH, Action.DELETE));
    assertThat(node.accounts.checkPassword("admin", made.password().orElseThrow())).isPresent();
    assertThat(node.registries.find(RegistryName.parse("my-registry"))).isPresent();
    assertThat(made.toString()).doesNotContain(secret.reveal());
  }

  @Test
  void theSecondStartChangesNothing() {
    Outcome.Made made = (Outcome.Made) node.bootstrap.run(NOTHING);

    assertThat(node.bootstrap.run(NOTHING)).isEqualTo(new Outcome.AlreadyThere(List.of()));
    assertThat(node.keys.list(node.accounts.find("admin").orElseThrow().id()))
        .extracting(AccessKey::id)
        .containsExactly(made.keyId());
  }

  @Test
  void configuredValuesAreTakenAndNotShown() {
    Wanted wanted = wanted("correct horse", "ci.key_$-1:a:secret:with:colons", "team");

    assertThat(node.bootstrap.run(wanted))
        .isEqualTo(
            new Outcome.Made(
                Optional.empty(), "ci.key_$-1", Optional.empty(), RegistryName.parse("team")));
    node.authenticator.authenticate(login("ci.key_$-1", "a:secret:with:colons"), "127.0.0.1");
    assertThat(node.bootstrap.run(wanted)).isEqualTo(new Outcome.AlreadyThere(List.of()));
  }

  @Test
  void valuesThatDifferLaterAreNamedAndIgnored() {
    node.bootstrap.run(wanted("correct horse", "ci:correct-secret", "team"));

    assertThat(node.bootstrap.run(wanted("other horse", "ci:another-secret", "other")))
        .isEqualTo(
            new Outcome.AlreadyThere(
                List.of(
                    "the password of the account admin",
                    "the access key ci",
                    "the registry other")));
    node.authenticator.authenticate(login("ci", "correct-secret"), "127.0.0.1");
    assertThat(node.registries.find(RegistryName.parse("other"))).isEmpty();
  }

  @Test
  void ofManyThatStartAtOnceOneIsTheFirst() throws Exception {
    List<Future<Outcome>> starts = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 4; i++) {
        AuthNode another = new AuthNode(database, clock, TestAuthConfig.DEFAULTS);
        starts.add(threads.submit(() -> another.bootstrap.run(NOTHING)));
      }
    }

    int made = 0;
    for (Future<Outcome> start : starts) {
      made += start.get() instanceof Outcome.Made ? 1 : 0;
    }
    assertThat(made).isEqualTo(1);
    assertThat(
            node.accountPages.page(
                new AccountPages.Filter(
                    false, Optional.empty(), Optional.empty(), AccountPages.Sort.NAME),
                Optional.empty(),
                10))
        .hasSize(1);
    assertThat(node.registries.page(RegistryQuery.ALL, new ReadScope.Everything(), 10)).hasSize(1);
  }

  @Test
  void whatCannotBeUsedIsRefusedWithASentenceAndWithoutTheSecret() {
    for (String key :
        List.of(
            "no-colon-here", ":secret-secret", "id:short", "bad id:secret-secret", "ä:12345678")) {
      assertThatThrownBy(() -> wanted("correct horse", key, "team"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("HATOBA_BOOTSTRAP_ACCESS_KEY")
          .hasMessageNotContaining("secret-secret");
    }
    assertThatThrownBy(() -> wanted("short", "id:secret-secret", "team"))
        .hasMessageContaining("HATOBA_ADMIN_PASSWORD");
    for (String registry : List.of("Team", "a/b", "v2", "", "_catalog")) {
      assertThatThrownBy(() -> wanted("correct horse", "id:secret-secret", registry))
          .as(registry)
          .hasMessageContaining("HATOBA_BOOTSTRAP_REGISTRY");
    }
  }

  private static Wanted wanted(String password, String key, String registry) {
    return Wanted.parse(Optional.of(new Secret(password)), Optional.of(new Secret(key)), registry);
  }

  private static Optional<String> login(String id, String secret) {
    return Optional.of(AuthNode.Login.basic(id, secret));
  }
}
