package io.hatoba.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.server.account.Role;
import io.hatoba.server.endpoint.Side;
import io.hatoba.server.registry.Registries;
import io.hatoba.server.registry.Registry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(TestDatabaseKind.class)
class AuthenticatorTest {
  private static final String ADDRESS = "192.0.2.7";
  private static final RepositoryName APP = RepositoryName.parse("team/app");

  @TempDir Path dir;

  private final TestDatabaseKind kind;
  private final SettableClock clock = new SettableClock();
  private AuthNode node;
  private Registry team;
  private AuthNode.Login member;

  AuthenticatorTest(TestDatabaseKind kind) {
    this.kind = kind;
  }

  @BeforeEach
  void open() {
    node = new AuthNode(kind.open(dir), clock, TestAuthConfig.DEFAULTS);
    team = node.registry("team", false);
    member = node.login("kim", Role.PROJECT_MEMBER, Optional.of(team));
  }

  @AfterEach
  void close() {
    node.close();
  }

  @Test
  void anAccessKeyMayDoAllThatItsOwnerMay() {
    Caller caller = node.authenticator.authenticate(member.basic(), ADDRESS);

    assertThat(caller.actor().principal()).isEqualTo("account:kim");
    assertThat(caller.actor().via()).isEqualTo(member.keyId());
    assertThat(caller.actor().address()).isEqualTo(ADDRESS);
    caller.require(APP, Set.of(Action.PULL, Action.PUSH, Action.DELETE));
    caller.requireCatalog();
  }

  @Test
  void aTokenMayDoWhatItWasIssuedFor() {
    Caller caller = node.authenticator.authenticate(bearer("repository:team/app:pull"), ADDRESS);

    assertThat(caller.actor().principal()).isEqualTo("account:kim");
    assertThat(caller.may(APP, Action.PULL)).isTrue();
    assertThat(caller.may(APP, Action.PUSH)).isFalse();
    assertThat(caller.may(RepositoryName.parse("team/other"), Action.PULL)).isFalse();
  }

  @Test
  void noHeaderIsUnauthorizedEvenWhereEveryoneMayPull() {
    node.registry("open", true);

    Refusal.Unauthorized refusal = unauthorized(Optional.empty());

    assertThat(refusal.challengeError()).isEmpty();
  }

  @Test
  void wrongSecretAndUnknownKeyAreRefusedAlike() {
    Refusal wrong = unauthorized(Optional.of(AuthNode.Login.basic(member.keyId(), "wrong-secret")));
    Refusal unknown = unauthorized(Optional.of(AuthNode.Login.basic("nobody", "wrong-secret")));
    Refusal noId = unauthorized(Optional.of(AuthNode.Login.basic("no\0id", "wrong-secret")));

    assertThat(wrong).isEqualTo(unknown).isEqualTo(noId);
  }

  @Test
  void otherAndBrokenHeadersAreUnauthorizedWithoutAnError() {
    for (String header : List.of("Basic", "Basic !!", "Basic Zm9v", "Digest a=b", "", "x")) {
      assertThat(unauthorized(Optional.of(header)).challengeError()).as(header).isEmpty();
    }
  }

  @Test
  void anExpiredTokenIsInvalid() {
    Optional<String> token = bearer("repository:team/app:pull");
    node.authenticator.authenticate(token, ADDRESS);

    clock.advance(Duration.ofMinutes(15));

    assertThat(unauthorized(token).challengeError()).contains("invalid_token");
    assertThat(node.authenticator.remembered(token, ADDRESS)).isEmpty();
  }

  @Test
  void anExpiredTokenGoesOnWithTheUploadOfItsOwnerForAnHour() { // moby#33558
    Optional<String> token = bearer("repository:team/app:pull,push");

    clock.advance(Duration.ofMinutes(74));

    node.authenticator
        .authenticateForUpload(token, ADDRESS, "account:kim")
        .require(APP, Set.of(Action.PUSH));
    assertThat(
            refusal(() -> node.authenticator.authenticateForUpload(token, ADDRESS, "account:lee"))
                .code())
        .isEqualTo(ErrorCode.UNAUTHORIZED);
    clock.advance(Duration.ofMinutes(1));
    assertThat(
            refusal(() -> node.authenticator.authenticateForUpload(token, ADDRESS, "account:kim"))
                .code())
        .isEqualTo(ErrorCode.UNAUTHORIZED);
  }

  @Test
  void anAnonymousTokenHasNoLeeway() {
    node.registry("open", true);
    Optional<String> token = anonymous("repository:open/app:pull");

    clock.advance(Duration.ofMinutes(15));

    assertThat(
            refusal(
                    () ->
                        node.authenticator.authenticateForUpload(token, ADDRESS, Caller.ANONYMOUS))
                .code())
        .isEqualTo(ErrorCode.UNAUTHORIZED);
  }

  @Test
  void brokenTokensAreInvalid() {
    String good = bearer("repository:team/app:pull").orElseThrow();
    String[] parts = good.substring("Bearer ".length()).split("\\.", -1);
    for (String token :
        List.of(
            "x",
            "",
            "a.b.c",
            good + "x",
            "Bearer " + parts[0] + "." + parts[1] + ".",
            "Bearer eyJhbGciOiJub25lIn0." + parts[1] + ".",
            "Bearer " + parts[0] + "." + parts[1].substring(2) + "." + parts[2],
            "Bearer " + "a".repeat(9000))) {
      String header = token.startsWith("Bearer ") ? token : "Bearer " + token;
      assertThat(unauthorized(Optional.of(header)).challengeError())
          .as(header)
          .contains("invalid_token");
    }
  }

  @Test
  void aTokenForAnotherServiceIsInvalid() {
    AuthNode other = new AuthNode(node.database, clock, TestAuthConfig.DEFAULTS.service("other"));
    String token =
        other
            .issuer
            .issue(
                Optional.of(member.credentials()),
                List.of("repository:team/app:pull"),
                ADDRESS,
                Side.PUBLIC)
            .token()
            .compact();

    assertThat(unauthorized(Optional.of("Bearer " + token)).challengeError())
        .contains("invalid_token");
  }

  @Test
  void aDisabledKeyEndsItsTokensAtOnce() {
    Optional<String> token = bearer("repository:team/app:pull");
    node.authenticator.authenticate(token, ADDRESS);

    node.keys.setEnabled(member.account().id(), member.keyId(), false);

    assertThat(node.authenticator.remembered(token, ADDRESS)).isEmpty();
    assertThat(unauthorized(token).challengeError()).contains("invalid_token");
    assertThat(unauthorized(member.basic()).message()).contains("disabled");
    node.keys.setEnabled(member.account().id(), member.keyId(), true);
    node.authenticator.authenticate(token, ADDRESS).require(APP, Set.of(Action.PULL));
  }

  @Test
  void aDeletedKeyEndsItsTokensAtOnce() {
    Optional<String> token = bearer("repository:team/app:pull");
    node.authenticator.authenticate(token, ADDRESS);

    node.keys.delete(member.account().id(), member.keyId());

    assertThat(unauthorized(token).challengeError()).contains("invalid_token");
    assertThat(unauthorized(member.basic()).challengeError()).isEmpty();
  }

  @Test
  void aDisabledAccountEndsItsTokensAtOnce() {
    Optional<String> token = bearer("repository:team/app:pull");
    node.authenticator.authenticate(token, ADDRESS);

    node.accounts.setEnabled("kim", false);

    assertThat(unauthorized(token).challengeError()).contains("invalid_token");
    assertThat(unauthorized(member.basic()).message()).contains("disabled");
  }

  @Test
  void aNewSecretEndsTheOldOneAndItsTokens() {
    Optional<String> token = bearer("repository:team/app:pull");
    node.authenticator.authenticate(token, ADDRESS);

    String fresh = node.keys.reissue(member.account().id(), member.keyId()).reveal();

    assertThat(unauthorized(token).challengeError()).contains("invalid_token");
    unauthorized(member.basic());
    node.authenticator
        .authenticate(Optional.of(AuthNode.Login.basic(member.keyId(), fresh)), ADDRESS)
        .require(APP, Set.of(Action.PULL));
  }

  @Test
  void aTokenNeverOutlivesItsKey() {
    AuthNode.Login brief =
        node.key(member.account(), Optional.of(clock.instant().plus(Duration.ofMinutes(6))));
    Tokens.Issued issued =
        node.issuer
            .issue(
                Optional.of(brief.credentials()),
                List.of("repository:team/app:push"),
                ADDRESS,
                Side.PUBLIC)
            .token();

    assertThat(issued.expiresIn()).isEqualTo(Duration.ofMinutes(6));
    clock.advance(Duration.ofMinutes(6));
    assertThat(
            refusal(
                    () ->
                        node.authenticator.authenticateForUpload(
                            Optional.of("Bearer " + issued.compact()), ADDRESS, "account:kim"))
                .code())
        .isEqualTo(ErrorCode.UNAUTHORIZED);
    assertThat(unauthorized(brief.basic()).message()).contains("expired");
  }

  @Test
  void aRoleThatIsTakenAwayEndsWhatTokensMay() {
    Optional<String> token = bearer("repository:team/app:pull,push");
    node.authenticator.authenticate(token, ADDRESS).require(APP, Set.of(Action.PUSH));

    node.grants.take("account:kim", Role.PROJECT_MEMBER, Optional.of(team.id()));
    Caller caller = node.authenticator.authenticate(token, ADDRESS);
    assertThat(refusal(() -> caller.require(APP, Set.of(Action.PUSH))).code())
        .isEqualTo(ErrorCode.DENIED);

    node.grants.give("account:kim", Role.SERVICE_VIEWER, Optional.empty());
    Caller viewer = node.authenticator.authenticate(token, ADDRESS);
    viewer.require(APP, Set.of(Action.PULL));
    assertThat(viewer.may(APP, Action.PUSH)).isFalse();
  }

  @Test
  void aRegistryThatIsClosedEndsWhatAnonymousTokensMay() {
    Registry open = node.registry("open", true);
    RepositoryName app = RepositoryName.parse("open/app");
    Optional<String> token = anonymous("repository:open/app:pull");
    node.authenticator.authenticate(token, ADDRESS).require(app, Set.of(Action.PULL));

    node.registries.change(open.name(), Registries.Settings.PRIVATE);

    Caller caller = node.authenticator.authenticate(token, ADDRESS);
    assertThat(refusal(() -> caller.require(app, Set.of(Action.PULL))).code())
        .isEqualTo(ErrorCode.UNAUTHORIZED);
  }

  @Test
  void aVerifiedTokenIsRememberedOnlyWhereNoOtherProcessCanChangeAnything() {
    Optional<String> token = bearer("repository:team/app:pull");
    assertThat(node.authenticator.remembered(token, ADDRESS)).isEmpty();
    node.authenticator.authenticate(token, ADDRESS);

    Optional<Caller> remembered = node.authenticator.remembered(token, ADDRESS);

    assertThat(remembered.isPresent()).isEqualTo(node.database.exclusive());
    remembered.ifPresent(
        caller -> {
          assertThat(caller.may(APP, Action.PULL)).isTrue();
          assertThat(caller.actor().address()).isEqualTo(ADDRESS);
        });
    assertThat(node.database.exclusive()).isEqualTo(kind == TestDatabaseKind.SQLITE);
  }

  @Test
  void anyNumberOfWrongSecretsIsSlowedDown() {
    Optional<String> wrong = Optional.of(AuthNode.Login.basic(member.keyId(), "wrong-secret"));
    for (int i = 0; i < 5; i++) {
      unauthorized(wrong);
    }

    Refusal refusal = refusal(() -> node.authenticator.authenticate(wrong, ADDRESS));

    assertThat(refusal).isInstanceOf(Refusal.TooMany.class);
    assertThat(((Refusal.TooMany) refusal).retryAfter()).isEqualTo(Duration.ofSeconds(1));
    node.authenticator.authenticate(member.basic(), "198.51.100.1");
    clock.advance(Duration.ofSeconds(1));
    node.authenticator.authenticate(member.basic(), ADDRESS);
  }

  private Optional<String> bearer(String scope) {
    return Optional.of(
        "Bearer "
            + node.issuer
                .issue(Optional.of(member.credentials()), List.of(scope), ADDRESS, Side.PUBLIC)
                .token()
                .compact());
  }

  private Optional<String> anonymous(String scope) {
    return Optional.of(
        "Bearer "
            + node.issuer
                .issue(Optional.empty(), List.of(scope), ADDRESS, Side.PUBLIC)
                .token()
                .compact());
  }

  private Refusal.Unauthorized unauthorized(Optional<String> authorization) {
    Refusal refusal = refusal(() -> node.authenticator.authenticate(authorization, ADDRESS));
    assertThat(refusal).isInstanceOf(Refusal.Unauthorized.class);
    return (Refusal.Unauthorized) refusal;
  }

  private static Refusal refusal(Runnable work) {
    return catchThrowableOfType(RefusedException.class, work::run).refusal();
  }
}
