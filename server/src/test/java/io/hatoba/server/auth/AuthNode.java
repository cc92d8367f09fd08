package io.hatoba.server.auth;

import io.hatoba.server.account.AccessKey;
import io.hatoba.server.account.AccessKeys;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.AccountPages;
import io.hatoba.server.account.Accounts;
import io.hatoba.server.account.Bootstrap;
import io.hatoba.server.account.Grants;
import io.hatoba.server.account.LastUses;
import io.hatoba.server.account.Role;
import io.hatoba.server.account.Roles;
import io.hatoba.server.account.ServerKeys;
import io.hatoba.server.account.SessionStandings;
import io.hatoba.server.account.SessionUpkeep;
import io.hatoba.server.account.Sessions;
import io.hatoba.server.account.Standings;
import io.hatoba.server.account.TestSessionConfig;
import io.hatoba.server.content.Events;
import io.hatoba.server.content.Usage;
import io.hatoba.server.content.UsageLedger;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import io.hatoba.server.endpoint.Endpoints;
import io.hatoba.server.endpoint.Side;
import io.hatoba.server.endpoint.TestEndpointConfig;
import io.hatoba.server.registry.AccessVersion;
import io.hatoba.server.registry.Registries;
import io.hatoba.server.registry.Registry;
import io.hatoba.server.registry.RegistryName;
import io.hatoba.server.startup.Secret;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** What one server has of this package and those below it, over a real database. */
public final class AuthNode implements AutoCloseable {
  public final Database database;
  public final InstantSource clock;
  public final AccessVersion version;
  public final Registries registries;
  public final Accounts accounts;
  public final AccountPages accountPages;
  public final ServerKeys serverKeys;
  public final AccessKeys keys;
  public final Roles roles;
  public final Grants grants;
  public final Standings standings;
  public final LastUses lastUses;
  public final Bootstrap bootstrap;
  public final Sessions sessions;
  public final SessionUpkeep sessionUpkeep;
  public final SessionStandings sessionStandings;
  public final SessionCallers sessionCallers;
  public final RecordedSignIns recordedSignIns = new RecordedSignIns();
  public final PasswordLogins passwordLogins;
  public final Tokens tokens;
  public final Authenticator authenticator;
  public final Endpoints endpoints;
  public final Challenge challenge;
  public final TokenIssuer issuer;
  public final TokenRoutes routes;

  public AuthNode(Database database, InstantSource clock, AuthConfig config) {
    this.database = database;
    this.clock = clock;
    Ids ids = Ids.random(clock);
    version = new AccessVersion(database);
    registries = new Registries(database, version, usage(database, clock), ids, clock);
    accounts = new Accounts(database, version, ids, clock);
    accountPages = new AccountPages(database);
    serverKeys = new ServerKeys(database, clock);
    keys = new AccessKeys(database, version, serverKeys, clock);
    roles = new Roles(database, version, clock);
    grants = new Grants(database, version, registries, clock);
    standings = new Standings(database);
    lastUses = new LastUses(database, clock);
    bootstrap = new Bootstrap(database, version, accounts, keys, grants, registries);
    tokens = new Tokens(serverKeys, config, clock);
    sessions = new Sessions(database, version, ids, TestSessionConfig.DEFAULTS, clock);
    sessionUpkeep = new SessionUpkeep(database, sessions, clock);
    sessionStandings = new SessionStandings(database, clock);
    sessionCallers = new SessionCallers(sessionStandings, sessionUpkeep, registries, version);
    SignIns signIns = new SignIns(List.of(recordedSignIns), clock);
    passwordLogins = new PasswordLogins(accounts, signIns, clock);
    Logins logins = new Logins(keys, standings, lastUses, new LoginBrake(clock), signIns, clock);
    authenticator = new Authenticator(tokens, logins, standings, registries, version, clock);
    endpoints = new Endpoints(TestEndpointConfig.DEFAULTS);
    challenge = new Challenge(config);
    issuer = new TokenIssuer(logins, tokens, registries, version);
    routes = new TokenRoutes(issuer, endpoints, challenge, config);
  }

  private static Usage usage(Database database, InstantSource clock) {
    return new Usage(database, new UsageLedger(database, clock), new Events(database), clock);
  }

  /** A registry. */
  public Registry registry(String name, boolean anonymousPull) {
    return registries.create(RegistryName.parse(name), new Registries.Settings(anonymousPull, ""));
  }

  /** An account with one role and a key. */
  public Login login(String name, Role role, Optional<Registry> where) {
    Account account = accounts.create(name, Optional.empty());
    grants.give(account.principal(), role, where.map(Registry::id));
    return key(account, Optional.empty());
  }

  /** Another key of an account. */
  public Login key(Account account, Optional<Instant> expiresAt) {
    AccessKey.Issued issued =
        keys.create(
            account, new AccessKey.Settings("", true, expiresAt, Optional.empty()), "192.0.2.1");
    return new Login(account, issued.key().id(), issued.secret());
  }

  /** A token of {@code /token} as an {@code Authorization} header. */
  public String bearer(Login login, String scope) {
    return "Bearer "
        + issuer
            .issue(Optional.of(login.credentials()), List.of(scope), "192.0.2.1", Side.PUBLIC)
            .token()
            .compact();
  }

  @Override
  public void close() {
    database.close();
  }

  /** A key of an account, with its secret. */
  public record Login(Account account, String keyId, Secret secret) {
    /** As an {@code Authorization} header. */
    public Optional<String> basic() {
      return Optional.of(basic(keyId, secret.reveal()));
    }

    /** As an {@code Authorization} header. */
    public static String basic(String user, String password) {
      return "Basic "
          + Base64.getEncoder()
              .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    Credentials.Basic credentials() {
      return new Credentials.Basic(keyId, secret);
    }
  }
}
