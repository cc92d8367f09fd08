package io.hatoba.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.Role;
import io.hatoba.server.account.Session;
import io.hatoba.server.account.Sessions;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import io.hatoba.server.startup.Secret;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Sign-in with a password and sessions, on both databases. */
@ParameterizedClass
@EnumSource(TestDatabaseKind.class)
class SessionsTest {
  private static final Session.From BROWSER = new Session.From("192.0.2.1", "a browser");
  private static final Secret PASSWORD = new Secret("correct horse");

  @TempDir Path dir;

  private final TestDatabaseKind kind;
  private final SettableClock clock = new SettableClock();
  private AuthNode node;
  private Account kim;

  SessionsTest(TestDatabaseKind kind) {
    this.kind = kind;
  }

  @BeforeEach
  void open() {
    node = new AuthNode(kind.open(dir), clock, TestAuthConfig.DEFAULTS);
    kim = node.accounts.create("kim", Optional.of(PASSWORD));
  }

  @AfterEach
  void close() {
    node.close();
  }

  @Test
  void aSessionHasTheRightsOfItsAccount() {
    node.grants.give(kim.principal(), Role.SERVICE_VIEWER, Optional.empty());
    Session.Opened opened = node.sessions.open(kim.id(), BROWSER);

    Caller caller = node.sessionCallers.find(opened.secret(), BROWSER).orElseThrow();

    assertThat(caller.actor().principal()).isEqualTo("account:kim");
    assertThat(caller.actor().address()).isEqualTo("192.0.2.1");
    assertThat(caller.sessionId()).contains(Long.toString(opened.session().id()));
    assertThat(caller.may(Permission.REGISTRY_READ, Target.SERVICE)).isTrue();
    assertThat(caller.may(Permission.REGISTRY_CREATE, Target.SERVICE)).isFalse();
    assertThat(caller.may(RepositoryName.parse("team/app"), Action.PULL)).isTrue();
    caller.requireOwner();
  }

  @Test
  void onlyTheHashOfTheSecretRests() {
    Session.Opened opened = node.sessions.open(kim.id(), BROWSER);

    String stored =
        node.database.read(
            handle ->
                handle.createQuery("SELECT secret_hash FROM session").mapTo(String.class).one());

    assertThat(opened.secret().reveal()).matches("[A-Za-z0-9_-]{43}");
    assertThat(stored).matches("[0-9a-f]{64}");
    assertThat(node.sessionCallers.find(new Secret(stored), BROWSER)).isEmpty();
    assertThat(opened.toString()).doesNotContain(opened.secret().reveal());
  }

  @Test
  void anUnusedSessionEndsAndAUsedOneGoesOnToItsLastDay() {
    Secret used = node.sessions.open(kim.id(), BROWSER).secret();
    Secret unused = node.sessions.open(kim.id(), BROWSER).secret();

    for (int hours = 0; hours < 7 * 24 - 11; hours += 11) {
      assertThat(node.sessionCallers.find(used, BROWSER)).as("after %d hours", hours).isPresent();
      node.sessionUpkeep.runOnce();
      clock.advance(Duration.ofHours(11));
    }

    assertThat(node.sessionCallers.find(unused, BROWSER)).isEmpty();
    assertThat(node.sessionCallers.find(used, BROWSER)).isPresent();
    clock.advance(Duration.ofHours(11));
    assertThat(node.sessionCallers.find(used, BROWSER)).isEmpty();
  }

  @Test
  void sessionsThatHaveRunOutAreForgotten() {
    node.sessions.open(kim.id(), BROWSER);
    clock.advance(Duration.ofHours(6));
    Session later = node.sessions.open(kim.id(), BROWSER).session();
    clock.advance(Duration.ofHours(6));

    node.sessionUpkeep.runOnce();

    assertThat(ids()).containsExactly(later.id());
  }

  @Test
  void theListSaysWhereASessionWasLastUsed() {
    Session.Opened opened = node.sessions.open(kim.id(), BROWSER);
    clock.advance(Duration.ofMinutes(5));
    node.sessionCallers.find(opened.secret(), new Session.From("192.0.2.2", "another browser"));
    node.sessionUpkeep.runOnce();

    Session listed = node.sessions.list(kim.id()).getFirst();

    assertThat(listed.lastSeenAt()).isEqualTo(clock.instant());
    assertThat(listed.from()).isEqualTo(new Session.From("192.0.2.2", "another browser"));
    assertThat(listed.endsAt()).isEqualTo(clock.instant().plus(Duration.ofHours(12)));
  }

  @Test
  void beyondFiftyTheOldestGoes() {
    Session.Opened oldest = node.sessions.open(kim.id(), BROWSER);
    node.sessionCallers.find(oldest.secret(), BROWSER);
    for (int i = 0; i < Sessions.MAX_PER_ACCOUNT; i++) {
      node.sessions.open(kim.id(), BROWSER);
    }

    assertThat(node.sessions.list(kim.id()))
        .hasSize(Sessions.MAX_PER_ACCOUNT)
        .extracting(Session::id)
        .doesNotContain(oldest.session().id());
    assertThat(ids()).hasSize(Sessions.MAX_PER_ACCOUNT);
    assertThat(node.sessionCallers.find(oldest.secret(), BROWSER)).isEmpty();
  }

  @Test
  void endingSessionsEndsThoseOfThisAccountOnly() {
    Account lee = node.accounts.create("lee", Optional.empty());
    Session.Opened mine = node.sessions.open(kim.id(), BROWSER);
    Session.Opened other = node.sessions.open(kim.id(), BROWSER);
    Session.Opened lees = node.sessions.open(lee.id(), BROWSER);

    assertThat(
            catchThrowableOfType(
                    RefusedException.class, () -> node.sessions.end(lee.id(), mine.session().id()))
                .refusal()
                .code())
        .isEqualTo(ErrorCode.NAME_UNKNOWN);
    node.sessions.endAll(kim.id(), Optional.of(mine.session().id()));

    assertThat(node.sessionCallers.find(mine.secret(), BROWSER)).isPresent();
    assertThat(node.sessionCallers.find(other.secret(), BROWSER)).isEmpty();
    assertThat(node.sessionCallers.find(lees.secret(), BROWSER)).isPresent();
  }

  @Test
  void aDisabledAccountHasNoSessionAlsoWhenItIsEnabledAgain() {
    Secret secret = node.sessions.open(kim.id(), BROWSER).secret();
    node.sessionCallers.find(secret, BROWSER);

    node.accounts.setEnabled("kim", false);
    assertThat(node.sessionCallers.find(secret, BROWSER)).isEmpty();
    assertThat(
            catchThrowableOfType(
                    RefusedException.class, () -> node.sessions.open(kim.id(), BROWSER))
                .refusal()
                .code())
        .isEqualTo(ErrorCode.UNAUTHORIZED);
    node.accounts.setEnabled("kim", true);

    assertThat(node.sessionCallers.find(secret, BROWSER)).isEmpty();
  }

  @Test
  void whateverIsWrongWithASignInTheAnswerIsTheSame() {
    node.accounts.create("off", Optional.of(PASSWORD));
    node.accounts.setEnabled("off", false);
    node.accounts.create("keys-only", Optional.empty());

    List<String> messages =
        List.of(
            refused("kim", "wrong horse"),
            refused("nobody", "correct horse"),
            refused("No Name\n", "correct horse"),
            refused("keys-only", "correct horse"),
            refused("off", "correct horse"));

    assertThat(messages).containsOnly(messages.getFirst());
    assertThat(node.recordedSignIns.told())
        .containsExactly(
            "PASSWORD kim 192.0.2.9 WRONG_SECRET",
            "PASSWORD nobody 192.0.2.9 WRONG_SECRET",
            "PASSWORD No Name  192.0.2.9 WRONG_SECRET",
            "PASSWORD keys-only 192.0.2.9 WRONG_SECRET",
            "PASSWORD off 192.0.2.9 DISABLED");
  }

  @Test
  void guessingIsSlowedAndTold() {
    for (int i = 0; i < 5; i++) {
      refused("kim", "wrong horse " + i);
    }

    assertThat(code("kim", "correct horse")).isEqualTo(ErrorCode.TOOMANYREQUESTS);
    assertThat(node.recordedSignIns.told())
        .hasSize(6)
        .startsWith("PASSWORD kim 192.0.2.9 WRONG_SECRET")
        .endsWith("PASSWORD kim 192.0.2.9 TOO_MANY");
    clock.advance(Duration.ofMinutes(2));
    assertThat(node.passwordLogins.check("kim", PASSWORD, "192.0.2.9").name()).isEqualTo("kim");
  }

  @Test
  void keysAreToldToo() {
    AuthNode.Login login = node.key(kim, Optional.empty());
    node.authenticator.authenticate(login.basic(), "192.0.2.9");
    node.authenticator.authenticate(login.basic(), "192.0.2.9");
    var _ =
        catchThrowableOfType(
            RefusedException.class,
            () ->
                node.authenticator.authenticate(
                    Optional.of(AuthNode.Login.basic(login.keyId(), "wrong")), "192.0.2.8"));

    assertThat(node.recordedSignIns.told())
        .containsExactly(
            "ACCESS_KEY " + login.keyId() + " (account:kim) 192.0.2.9",
            "ACCESS_KEY " + login.keyId() + " 192.0.2.8 WRONG_SECRET");
  }

  @Test
  void aHashOfAnotherCostIsReplacedAtSignIn() {
    String cheap =
        com.password4j.Password.hash(PASSWORD.reveal())
            .addRandomSalt(16)
            .with(
                com.password4j.Argon2Function.getInstance(
                    8_192, 1, 1, 32, com.password4j.types.Argon2.ID))
            .getResult();
    node.database.write(
        handle ->
            handle
                .createUpdate("UPDATE account SET password_hash = :hash")
                .bind("hash", cheap)
                .execute());

    node.passwordLogins.check("kim", PASSWORD, "192.0.2.9");

    assertThat(
            node.database.<String>read(
                handle ->
                    handle
                        .createQuery("SELECT password_hash FROM account")
                        .mapTo(String.class)
                        .one()))
        .startsWith("$argon2id$v=19$m=19456,t=2,p=1$");
    node.passwordLogins.check("kim", PASSWORD, "192.0.2.9");
  }

  private String refused(String name, String password) {
    return catchThrowableOfType(
            RefusedException.class,
            () -> node.passwordLogins.check(name, new Secret(password), "192.0.2.9"))
        .refusal()
        .message();
  }

  private ErrorCode code(String name, String password) {
    return catchThrowableOfType(
            RefusedException.class,
            () -> node.passwordLogins.check(name, new Secret(password), "192.0.2.9"))
        .refusal()
        .code();
  }

  private List<Long> ids() {
    return node.database.read(
        handle -> handle.createQuery("SELECT id FROM session").mapTo(Long.class).list());
  }
}
