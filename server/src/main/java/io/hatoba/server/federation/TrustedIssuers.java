package io.hatoba.server.federation;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.ShortLivedKeys;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import io.hatoba.server.identity.Issuers;
import io.hatoba.server.registry.AccessVersion;
import io.hatoba.server.rest.Checks;
import io.hatoba.server.rest.Patch;
import io.hatoba.server.rest.Requester;
import jakarta.inject.Singleton;
import java.net.URI;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The issuers that are trusted, and what may be said about one. */
@Singleton
final class TrustedIssuers {
  /** The most that there can be. */
  static final int MAX = 100;

  /** The most rules of one. */
  static final int MAX_RULES = 50;

  /** Not in the methods that run it only because the test of its plan needs it too. */
  static final String PAGE =
      """
      SELECT id, name, issuer, audience, jwks_uri, rules, created_at, updated_at
      FROM federation_issuer
      WHERE name > :after
      ORDER BY name
      LIMIT :limit
      """;

  /** As {@link #PAGE}. */
  static final String BY_ISSUER =
      """
      SELECT id, name, issuer, audience, jwks_uri, rules, created_at, updated_at
      FROM federation_issuer
      WHERE issuer = :issuer
      """;

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");
  private static final int LONGEST_ADDRESS = 500;
  private static final int LONGEST_AUDIENCE = 200;

  private final Database database;
  private final AccessVersion version;
  private final Issuers issuers;
  private final Ids ids;
  private final InstantSource clock;

  TrustedIssuers(
      Database database, AccessVersion version, Issuers issuers, Ids ids, InstantSource clock) {
    this.database = database;
    this.version = version;
    this.issuers = issuers;
    this.ids = ids;
    this.clock = clock;
  }

  /**
   * Trusts one more.
   *
   * @throws RefusedException with {@link ErrorCode#FIELD_INVALID}; {@link ErrorCode#CONFLICT} if
   *     the name or the issuer is there already, or there are {@value #MAX}; {@code DENIED} if a
   *     rule names a service account that may what the caller may not
   */
  TrustedIssuer create(String issuer, Settings settings, Requester caller) {
    return version.change(
        handle -> {
          Checks checks = new Checks();
          address(checks, "/issuer", issuer);
          Checked checked = check(handle, checks, issuer, settings, caller);
          Instant now = Instant.ofEpochMilli(clock.millis());
          TrustedIssuer made =
              new TrustedIssuer(
                  ids.next(),
                  checked.name(),
                  issuer,
                  checked.audience(),
                  checked.jwksUri(),
                  checked.rules(),
                  now,
                  now);
          requireRoom(handle);
          insert(handle, made);
          return made;
        });
  }

  private static void requireRoom(Handle handle) {
    int count =
        handle
            .createQuery(
                """
                SELECT count(*)
                FROM federation_issuer
                """)
            .mapTo(Integer.class)
            .one();
    if (count >= MAX) {
      throw conflict("there are %d issuers already, the most that are possible".formatted(MAX), "");
    }
  }

  private static int insert(Handle handle, TrustedIssuer issuer) {
    int inserted =
        handle
            .createUpdate(
                """
                INSERT INTO federation_issuer
                  (id, name, issuer, audience, jwks_uri, rules, created_at, updated_at)
                VALUES (:id, :name, :issuer, :audience, :jwksUri, :rules, :at, :at)
                ON CONFLICT DO NOTHING
                """)
            .bind("id", issuer.id())
            .bind("name", issuer.name())
            .bind("issuer", issuer.issuer())
            .bind("audience", issuer.audience())
            .bind("jwksUri", issuer.jwksUri().map(URI::toString))
            .bind("rules", Rule.toJson(issuer.rules()))
            .bind("at", issuer.createdAt().toEpochMilli())
            .execute();
    if (inserted == 0) {
      throw conflict(
          "an issuer with this name or this address exists already; add rules to that one",
          issuer.name());
    }
    return inserted;
  }

  /**
   * One of them.
   *
   * @throws RefusedException with {@link ErrorCode#NAME_UNKNOWN}
   */
  TrustedIssuer get(long id) {
    return database.read(handle -> get(handle, id));
  }

  private static TrustedIssuer get(Handle handle, long id) {
    return handle
        .createQuery(
            """
            SELECT id, name, issuer, audience, jwks_uri, rules, created_at, updated_at
            FROM federation_issuer
            WHERE id = :id
            """)
        .bind("id", id)
        .map((row, context) -> issuer(row))
        .findOne()
        .orElseThrow(() -> unknown(id));
  }

  /** The one whose tokens name this issuer. */
  Optional<TrustedIssuer> find(String issuer) {
    return database.read(
        handle ->
            handle
                .createQuery(BY_ISSUER)
                .bind("issuer", issuer)
                .map((row, context) -> issuer(row))
                .findOne());
  }

  /**
   * Some of them in the order of their names.
   *
   * @param after the last name of the page before
   */
  List<TrustedIssuer> page(Optional<String> after, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(PAGE)
                .bind("after", after.orElse(""))
                .bind("limit", limit)
                .map((row, context) -> issuer(row))
                .list());
  }

  /**
   * Changes what can be changed.
   *
   * @throws RefusedException as {@link #create} and {@link #get}, and with {@link
   *     ErrorCode#PRECONDITION_FAILED} if the caller has seen another state
   */
  TrustedIssuer update(long id, Patch patch, Requester caller) {
    return version.change(
        handle -> {
          TrustedIssuer before = get(handle, id);
          Checked checked =
              check(
                  handle,
                  new Checks(),
                  before.issuer(),
                  patch.applyTo(Settings.of(before)),
                  caller);
          if (!checked.name().equals(before.name())) {
            requireFree(handle, checked.name());
          }
          TrustedIssuer after =
              new TrustedIssuer(
                  id,
                  checked.name(),
                  before.issuer(),
                  checked.audience(),
                  checked.jwksUri(),
                  checked.rules(),
                  before.createdAt(),
                  Instant.ofEpochMilli(clock.millis()));
          store(handle, after);
          return after;
        });
  }

  private static void requireFree(Handle handle, String name) {
    boolean taken =
        handle
            .createQuery(
                """
                SELECT id
                FROM federation_issuer
                WHERE name = :name
                """)
            .bind("name", name)
            .mapTo(Long.class)
            .findOne()
            .isPresent();
    if (taken) {
      throw conflict("an issuer named %s exists already".formatted(name), name);
    }
  }

  private static void store(Handle handle, TrustedIssuer issuer) {
    handle
        .createUpdate(
            """
            UPDATE federation_issuer
            SET name = :name, audience = :audience, jwks_uri = :jwksUri, rules = :rules,
              updated_at = :at
            WHERE id = :id
            """)
        .bind("name", issuer.name())
        .bind("audience", issuer.audience())
        .bind("jwksUri", issuer.jwksUri().map(URI::toString))
        .bind("rules", Rule.toJson(issuer.rules()))
        .bind("at", issuer.updatedAt().toEpochMilli())
        .bind("id", issuer.id())
        .execute();
  }

  /**
   * Trusts one no longer. Keys that were given for its tokens end by their time.
   *
   * @throws RefusedException with {@link ErrorCode#NAME_UNKNOWN}
   */
  void delete(long id) {
    int deleted =
        version.change(
            handle ->
                handle
                    .createUpdate(
                        """
                        DELETE FROM federation_issuer
                        WHERE id = :id
                        """)
                    .bind("id", id)
                    .execute());
    if (deleted == 0) {
      throw unknown(id);
    }
  }

  private Checked check(
      Handle handle, Checks checks, String issuer, Settings settings, Requester caller) {
    String name = checks.requiredText("/name", settings.name(), 64);
    checks.require(
        NAME.matcher(name).matches(),
        "/name",
        "has 1 to 64 characters of a-z, 0-9, '.', '_' and '-', and starts with a letter or digit");
    String audience = checks.requiredText("/audience", settings.audience(), LONGEST_AUDIENCE);
    Optional<URI> jwksUri =
        Optional.ofNullable(settings.jwksUri()).flatMap(text -> address(checks, "/jwksUri", text));
    List<Rule.WantedRule> wanted = settings.rules() == null ? List.of() : settings.rules();
    checks.require(
        !wanted.isEmpty() && wanted.size() <= MAX_RULES,
        "/rules",
        "has %d rules; 1 to %d are possible".formatted(wanted.size(), MAX_RULES));
    List<Rule> rules = new ArrayList<>();
    for (int i = 0; i < Math.min(wanted.size(), MAX_RULES); i++) {
      String field = "/rules/" + i;
      Rule rule = wanted.get(i).read(checks, field);
      PublicIssuers.complaint(issuer, rule)
          .ifPresent(complaint -> checks.wrong(field + "/claims", "INVALID", complaint));
      rules.add(rule);
    }
    checks.done();
    // A refusal of the rights comes last: what is wrong with fields is told to everybody.
    for (int i = 0; i < rules.size(); i++) {
      checks.require(
          ShortLivedKeys.requireMine(handle, Account.ROBOT + rules.get(i).serviceAccount(), caller),
          "/rules/" + i + "/serviceAccount",
          "names a service account that does not exist");
    }
    checks.done();
    return new Checked(name, audience, jwksUri, rules);
  }

  private Optional<URI> address(Checks checks, String field, String text) {
    String checked = checks.requiredText(field, text, LONGEST_ADDRESS);
    if (checked.isEmpty() || checked.length() > LONGEST_ADDRESS) {
      return Optional.empty();
    }
    Optional<String> complaint = issuers.complaint(checked);
    complaint.ifPresent(sentence -> checks.wrong(field, "INVALID", "cannot be used: " + sentence));
    return complaint.isPresent() ? Optional.empty() : Optional.of(URI.create(checked));
  }

  private static RefusedException unknown(long id) {
    return new RefusedException(
        Refusal.unknown(
            ErrorCode.NAME_UNKNOWN, "there is no issuer with this id", Long.toString(id)));
  }

  private static RefusedException conflict(String message, String detail) {
    return new RefusedException(new Refusal.Conflict(ErrorCode.CONFLICT, message, detail));
  }

  private static TrustedIssuer issuer(ResultSet row) throws SQLException {
    return new TrustedIssuer(
        row.getLong("id"),
        row.getString("name"),
        row.getString("issuer"),
        row.getString("audience"),
        Optional.ofNullable(row.getString("jwks_uri")).map(URI::create),
        Rule.fromJson(row.getString("rules")),
        Instant.ofEpochMilli(row.getLong("created_at")),
        Instant.ofEpochMilli(row.getLong("updated_at")));
  }

  /** What can be changed of an issuer, unchecked. */
  record Settings(
      @Nullable String name,
      @Nullable String audience,
      @Nullable String jwksUri,
      @Nullable List<Rule.WantedRule> rules) {
    static Settings of(TrustedIssuer issuer) {
      return new Settings(
          issuer.name(),
          issuer.audience(),
          issuer.jwksUri().map(URI::toString).orElse(null),
          issuer.rules().stream().map(Rule.WantedRule::of).toList());
    }
  }

  private record Checked(String name, String audience, Optional<URI> jwksUri, List<Rule> rules) {}
}
