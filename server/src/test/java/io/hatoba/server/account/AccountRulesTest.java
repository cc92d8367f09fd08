package io.hatoba.server.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.auth.AuthNode;
import io.hatoba.server.auth.SettableClock;
import io.hatoba.server.auth.TestAuthConfig;
import io.hatoba.server.auth.TestDatabaseKind;
import io.hatoba.server.content.Actor;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import io.hatoba.server.startup.Secret;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of accounts, service accounts and keys that change, end and go. */
@ParameterizedClass
@EnumSource(TestDatabaseKind.class)
class AccountRulesTest {
  private static final String ADDRESS = "192.0.2.7";
  private static final Session.From BROWSER = new Session.From(ADDRESS, "a browser");

  @TempDir Path dir;

  private final TestDatabaseKind kind;
  private final SettableClock clock = new SettableClock();
  private AuthNode node;
  private AuthNode.Login admin;

  AccountRulesTest(TestDatabaseKind kind) {
    this.kind = kind;
  }

  @BeforeEach
  void open() {
    node = new AuthNode(kind.open(dir), clock, TestAuthConfig.DEFAULTS);
    admin = node.login("admin", Role.SERVICE_ADMIN, Optional.empty());
  }

  @AfterEach
  void close() {
    node.close();
  }

  @Test
  void aDeletedAccountIsGoneWithAllItHad() {
    AuthNode.Login kim = node.login("kim", Role.SERVICE_VIEWER, Optional.empty());
    Secret session = node.sessions.open(kim.account().id(), BROWSER).secret();
    node.authenticator.authenticate(kim.basic(), ADDRESS);

    node.accounts.delete("kim", by("admin"));

    assertThat(node.accounts.find("kim")).isEmpty();
    assertThat(code(() -> node.authenticator.authenticate(kim.basic(), ADDRESS)))
        .isEqualTo(ErrorCode.UNAUTHORIZED);
    assertThat(node.sessionCallers.find(session, BROWSER)).isEmpty();
    assertThat(code(() -> node.accounts.delete("kim", by("admin"))))
        .isEqualTo(ErrorCode.NAME_UNKNOWN);
  }

  @Test
  void whoGetsTheNameOfADeletedAccountGetsNoneOfItsRights() {
    node.login("kim", Role.SERVICE_ADMIN, Optional.empty());
    node.accounts.delete("kim", by("admin"));

    AuthNode.Login later =
        node.key(node.accounts.create("kim", Optional.empty()), Optional.empty());

    assertThat(
            node.authenticator
                .authenticate(later.basic(), ADDRESS)
                .may(Permission.REGISTRY_READ, Target.SERVICE))
        .isFalse();
  }

  @Test
  void aTokenOfADeletedRobotIsVoidForTheNextRobotOfItsName() {
    AuthNode.Login before = robot("ci", Optional.empty());
    Optional<String> token = token(before);
    node.authenticator.authenticate(token, ADDRESS);

    node.accounts.delete("robot$ci", by("admin"));
    AuthNode.Login after = robot("ci", Optional.empty());

    assertThat(after.keyId()).isEqualTo(before.keyId());
    assertThat(code(() -> node.authenticator.authenticate(token, ADDRESS)))
        .isEqualTo(ErrorCode.UNAUTHORIZED);
  }

  @Test
  void nobodyBarsHimselfOrTheLastAdministrator() {
    node.accounts.create("helper", Optional.empty());

    assertThat(refusal(() -> disable("admin", "admin")))
        .isInstanceOf(Refusal.Conflict.class)
        .extracting(Refusal::message)
        .asString()
        .contains("own account");
    for (Runnable attempt :
        List.<Runnable>of(
            () -> disable("admin", "helper"), () -> node.accounts.delete("admin", by("helper")))) {
      assertThat(refusal(attempt).message()).contains("only administrator");
    }
    node.login("lee", Role.PROJECT_ADMIN, Optional.empty());
    disable("admin", "lee");
    assertThat(refusal(() -> node.accounts.delete("lee", by("admin"))).message())
        .contains("only administrator");
    node.accounts.delete("admin", by("lee"));
  }

  @Test
  void twoAdministratorsCannotBarEachOtherAtOnce() throws Exception {
    node.login("lee", Role.SERVICE_ADMIN, Optional.empty());
    List<Future<Boolean>> tries = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (String[] pair : new String[][] {{"admin", "lee"}, {"lee", "admin"}}) {
        Callable<Boolean> attempt =
            () -> {
              try {
                disable(pair[0], pair[1]);
                return true;
              } catch (RefusedException e) {
                return false;
              }
            };
        tries.add(threads.submit(attempt));
      }
    }

    int barred = 0;
    for (Future<Boolean> attempt : tries) {
      barred += attempt.get() ? 1 : 0;
    }
    assertThat(barred).isEqualTo(1);
  }

  @Test
  void aNewPasswordEndsTheOtherSessionsAndNoKey() {
    Account kim = node.accounts.create("kim", Optional.of(new Secret("first password")));
    AuthNode.Login key = node.key(kim, Optional.empty());
    Session.Opened mine = node.sessions.open(kim.id(), BROWSER);
    Session.Opened other = node.sessions.open(kim.id(), BROWSER);

    node.accounts.setPassword(kim, new Secret("second password"), Optional.of(mine.session().id()));

    assertThat(node.sessionCallers.find(mine.secret(), BROWSER)).isPresent();
    assertThat(node.sessionCallers.find(other.secret(), BROWSER)).isEmpty();
    assertThat(node.accounts.checkPassword("kim", new Secret("first password"))).isEmpty();
    assertThat(node.accounts.checkPassword("kim", new Secret("second password"))).isPresent();
    node.authenticator.authenticate(key.basic(), ADDRESS);
  }

  @Test
  void aServiceAccountHasKeysNamedLikeItAndNoPassword() {
    Account ci = node.accounts.create("robot$ci", Optional.empty());
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < AccessKeys.MAX_PER_ACCOUNT; i++) {
      ids.add(node.key(ci, Optional.empty()).keyId());
    }

    assertThat(ids)
        .containsExactly("robot$ci", "robot$ci$2", "robot$ci$3", "robot$ci$4", "robot$ci$5");
    assertThat(code(() -> node.key(ci, Optional.empty()))).isEqualTo(ErrorCode.CONFLICT);
    node.keys.delete(ci.id(), "robot$ci$3");
    assertThat(node.key(ci, Optional.empty()).keyId()).isEqualTo("robot$ci$3");
    assertThat(ci.principal()).isEqualTo("robot:ci");
    assertThat(code(() -> node.accounts.setPassword(ci, new Secret("a"), Optional.empty())))
        .isEqualTo(ErrorCode.CONFLICT);
    assertThat(code(() -> node.accounts.create("robot$", Optional.empty())))
        .isEqualTo(ErrorCode.NAME_INVALID);
    assertThat(code(() -> node.accounts.create("robot$" + "a".repeat(51), Optional.empty())))
        .isEqualTo(ErrorCode.NAME_INVALID);
  }

  @Test
  void aServiceAccountThatHasExpiredIsOverWithAllItsKeysAndTokens() {
    Instant end = clock.instant().plus(Duration.ofMinutes(10));
    AuthNode.Login first = robot("ci", Optional.of(end));
    AuthNode.Login second = node.key(first.account(), Optional.of(end.plus(Duration.ofDays(1))));
    Optional<String> token = token(first);
    node.authenticator.authenticate(first.basic(), ADDRESS);
    node.authenticator.authenticate(second.basic(), ADDRESS);

    clock.advance(Duration.ofMinutes(10));

    for (Optional<String> credentials : List.of(first.basic(), second.basic(), token)) {
      assertThat(code(() -> node.authenticator.authenticate(credentials, ADDRESS)))
          .isEqualTo(ErrorCode.UNAUTHORIZED);
    }
  }

  @Test
  void aKeyIsNarrowedAndWidenedAtOnceAlsoForItsTokens() {
    AuthNode.Login kim = node.login("kim", Role.SERVICE_VIEWER, Optional.empty());
    node.authenticator.authenticate(kim.basic(), ADDRESS).requireOwner();
    KeyScope scope =
        new KeyScope(Optional.of("team"), Optional.empty(), Set.of(Permission.ARTIFACT_PULL));

    AccessKey narrowed =
        node.keys.change(
            kim.account().id(),
            kim.keyId(),
            before ->
                new AccessKey.Settings(
                    "ci", true, before.expiresAt(), Optional.of(List.of(scope))));

    assertThat(narrowed.scopes()).contains(List.of(scope));
    assertThat(narrowed.name()).isEqualTo("ci");
    assertThat(node.keys.list(kim.account().id())).containsExactly(narrowed);
    var caller = node.authenticator.authenticate(kim.basic(), ADDRESS);
    assertThat(caller.may(Permission.REGISTRY_READ, Target.SERVICE)).isFalse();
    assertThat(code(caller::requireOwner)).isEqualTo(ErrorCode.DENIED);
    node.keys.change(kim.account().id(), kim.keyId(), before -> AccessKey.Settings.PLAIN);
    node.authenticator.authenticate(kim.basic(), ADDRESS).requireOwner();
  }

  @Test
  void noScopeCoversWhatOpensAccounts() {
    AuthNode.Login key = node.key(admin.account(), Optional.empty());
    KeyScope everything =
        new KeyScope(Optional.empty(), Optional.empty(), Set.of(Permission.values()));

    node.keys.change(
        admin.account().id(),
        key.keyId(),
        before ->
            new AccessKey.Settings("", true, Optional.empty(), Optional.of(List.of(everything))));

    var caller = node.authenticator.authenticate(key.basic(), ADDRESS);
    assertThat(caller.may(Permission.REGISTRY_CREATE, Target.SERVICE)).isTrue();
    for (Permission opening :
        List.of(
            Permission.ACCOUNT_WRITE,
            Permission.SERVICE_ACCOUNT_WRITE,
            Permission.FEDERATION_WRITE)) {
      assertThat(caller.may(opening, Target.SERVICE)).as(opening.identifier()).isFalse();
    }
  }

  @Test
  void whoOpensAnAccountHasAllThatItHas() {
    Rights rights = node.standings.rightsOf("account:admin");
    AuthNode.Login viewer = node.login("kim", Role.SERVICE_VIEWER, Optional.empty());

    Delegation.requireAllOf(node.authenticator.authenticate(admin.basic(), ADDRESS), rights);
    assertThat(
            code(
                () ->
                    Delegation.requireAllOf(
                        node.authenticator.authenticate(viewer.basic(), ADDRESS), rights)))
        .isEqualTo(ErrorCode.DENIED);
    Delegation.requireAllOf(
        node.authenticator.authenticate(viewer.basic(), ADDRESS),
        node.standings.rightsOf("account:kim"));
  }

  @Test
  void aTokenIsNoOwner() {
    var caller = node.authenticator.authenticate(token(admin), ADDRESS);

    assertThat(code(caller::requireOwner)).isEqualTo(ErrorCode.DENIED);
  }

  @Test
  void theKeyOfAServiceAccountMakesNoOther() {
    var caller = node.authenticator.authenticate(robot("ci", Optional.empty()).basic(), ADDRESS);

    assertThat(code(caller::requireOwner)).isEqualTo(ErrorCode.DENIED);
  }

  @Test
  void anOldSecretIsKnownByItsAge() {
    AuthNode.Login kim = node.login("kim", Role.SERVICE_VIEWER, Optional.empty());
    Instant made = clock.instant();
    clock.advance(Duration.ofDays(91));
    assertThat(node.keys.list(kim.account().id()).getFirst().secretAt()).isEqualTo(made);

    node.keys.reissue(kim.account().id(), kim.keyId());

    AccessKey key = node.keys.list(kim.account().id()).getFirst();
    assertThat(key.secretAt()).isEqualTo(clock.instant());
    assertThat(key.created().at()).isEqualTo(made);
  }

  private AuthNode.Login robot(String name, Optional<Instant> expiresAt) {
    Account robot =
        node.accounts.create(
            "robot$" + name, new Account.Settings("", "builds", true, expiresAt), Optional.empty());
    node.grants.give(robot.principal(), Role.SERVICE_VIEWER, Optional.empty());
    return node.key(robot, Optional.empty());
  }

  private Optional<String> token(AuthNode.Login login) {
    return Optional.of(node.bearer(login, "repository:team/app:pull"));
  }

  private void disable(String name, String by) {
    node.accounts.change(
        name,
        before -> new Account.Settings(before.email(), "", false, Optional.empty()),
        Optional.of(by(by)));
  }

  private static Actor by(String name) {
    return new Actor("account:" + name, "", ADDRESS);
  }

  private static ErrorCode code(Runnable work) {
    return refusal(work).code();
  }

  private static Refusal refusal(Runnable work) {
    return catchThrowableOfType(RefusedException.class, work::run).refusal();
  }
}
