package io.hatoba.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.server.account.Role;
import io.hatoba.server.account.Session;
import io.hatoba.server.database.TestDatabases;
import io.hatoba.server.endpoint.Side;
import io.hatoba.server.registry.Registries;
import io.hatoba.server.registry.Registry;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two nodes over one PostgreSQL database. */
class TwoNodesTest {
  private static final String ADDRESS = "192.0.2.7";
  private static final RepositoryName APP = RepositoryName.parse("team/app");

  private final String url = TestDatabases.newPostgresUrl();
  private final SettableClock clock = new SettableClock();
  private final AuthNode one = node();
  private final AuthNode two = node();
  private final Registry team = one.registry("team", false);
  private final AuthNode.Login member = one.login("kim", Role.PROJECT_MEMBER, Optional.of(team));

  @AfterEach
  void close() {
    one.close();
    two.close();
  }

  @Test
  void eachTakesTheOthersTokens() {
    two.authenticator.authenticate(token(one), ADDRESS).require(APP, Set.of(Action.PULL));
    one.authenticator.authenticate(token(two), ADDRESS).require(APP, Set.of(Action.PULL));
  }

  @Test
  void aKeyThatIsDisabledOnOneIsDeadOnTheOtherAtOnce() {
    Optional<String> token = token(one);
    two.authenticator.authenticate(token, ADDRESS);
    two.authenticator.authenticate(member.basic(), ADDRESS);

    one.keys.setEnabled(member.account().id(), member.keyId(), false);

    assertThat(unauthorized(token).challengeError()).contains("invalid_token");
    assertThat(unauthorized(member.basic()).challengeError()).isEmpty();
  }

  @Test
  void aDisabledAccountAndANewSecretAreKnownAtOnce() {
    Optional<String> token = token(one);
    two.authenticator.authenticate(token, ADDRESS);
    one.accounts.setEnabled("kim", false);
    unauthorized(token);
    one.accounts.setEnabled("kim", true);
    two.authenticator.authenticate(token, ADDRESS);

    one.keys.reissue(member.account().id(), member.keyId());

    unauthorized(token);
    unauthorized(member.basic());
  }

  @Test
  void changedRolesAndOpenedRegistriesAreKnownAtOnce() {
    Optional<String> token = token(one);
    assertThat(two.authenticator.authenticate(token, ADDRESS).may(APP, Action.PULL)).isTrue();

    one.grants.take("account:kim", Role.PROJECT_MEMBER, Optional.of(team.id()));
    assertThat(two.authenticator.authenticate(token, ADDRESS).may(APP, Action.PULL)).isFalse();

    one.registries.change(team.name(), new Registries.Settings(true, ""));
    assertThat(two.authenticator.authenticate(token, ADDRESS).may(APP, Action.PULL)).isTrue();

    one.registries.change(team.name(), Registries.Settings.PRIVATE);
    assertThat(two.authenticator.authenticate(token, ADDRESS).may(APP, Action.PULL)).isFalse();
  }

  @Test
  void aSessionThatIsEndedOnOneIsDeadOnTheOtherAtOnce() {
    Session.From browser = new Session.From(ADDRESS, "a browser");
    Session.Opened first = one.sessions.open(member.account().id(), browser);
    Session.Opened second = one.sessions.open(member.account().id(), browser);
    assertThat(two.sessionCallers.find(first.secret(), browser)).isPresent();
    assertThat(two.sessionCallers.find(second.secret(), browser)).isPresent();

    one.sessions.end(member.account().id(), first.session().id());

    assertThat(two.sessionCallers.find(first.secret(), browser)).isEmpty();
    assertThat(two.sessionCallers.find(second.secret(), browser)).isPresent();
    one.accounts.setEnabled("kim", false);
    assertThat(two.sessionCallers.find(second.secret(), browser)).isEmpty();
  }

  @Test
  void nothingIsRememberedWithoutAsking() {
    Optional<String> token = token(one);
    one.authenticator.authenticate(token, ADDRESS);

    assertThat(one.authenticator.remembered(token, ADDRESS)).isEmpty();
  }

  private AuthNode node() {
    return new AuthNode(TestDatabases.postgres(url), clock, TestAuthConfig.DEFAULTS);
  }

  private Optional<String> token(AuthNode node) {
    return Optional.of(
        "Bearer "
            + node.issuer
                .issue(
                    Optional.of(member.credentials()),
                    List.of("repository:team/app:pull"),
                    ADDRESS,
                    Side.PUBLIC)
                .token()
                .compact());
  }

  private Refusal.Unauthorized unauthorized(Optional<String> authorization) {
    return (Refusal.Unauthorized)
        catchThrowableOfType(
                RefusedException.class,
                () -> two.authenticator.authenticate(authorization, ADDRESS))
            .refusal();
  }
}
