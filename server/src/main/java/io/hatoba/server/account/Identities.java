package io.hatoba.server.account;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.registry.AccessVersion;
import jakarta.inject.Singleton;
import java.text.Normalizer;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * Accounts of people for whom an identity provider vouches. An account is found by issuer and
 * subject, which the provider never gives to anybody else; never by name, so that nobody takes over
 * an account that has the same name here.
 */
@Singleton
public final class Identities {
  /** The most groups of one person; each may have roles that a request is decided with. */
  public static final int MAX_GROUPS = 1000;

  /** Not in the method that runs it only because the test of its plan needs it too. */
  static final String FIND =
      """
      SELECT a.id, a.name
      FROM account_identity i
      JOIN account a ON a.id = i.account_id
      WHERE i.issuer = :issuer AND i.subject = :subject
      """;

  private static final int LONGEST_NAME = 64;
  private static final int LONGEST_EMAIL = 254;
  private static final int MAX_SUFFIX = 1000;

  private final Accounts accounts;
  private final AccessVersion version;
  private final InstantSource clock;

  public Identities(Accounts accounts, AccessVersion version, InstantSource clock) {
    this.accounts = accounts;
    this.version = version;
    this.clock = clock;
  }

  /**
   * The account of a person, made if there is none yet, with the groups and the e-mail address that
   * the provider tells now.
   *
   * @param create whether one may be made
   * @return the account; empty if there is none and none may be made
   */
  public Optional<Found> signIn(Person person, boolean create) {
    try {
      return trySignIn(person, create);
    } catch (RefusedException e) {
      if (e.refusal().code() != ErrorCode.CONFLICT) {
        throw e;
      }
      return trySignIn(person, create); // two first sign-ins of one person at once
    }
  }

  private Optional<Found> trySignIn(Person person, boolean create) {
    return version.change(
        handle -> {
          Optional<Found> found = find(handle, person);
          if (found.isEmpty() && create) {
            found = Optional.of(create(handle, person));
          }
          found.ifPresent(account -> refresh(handle, account, person));
          return found;
        });
  }

  private static Optional<Found> find(Handle handle, Person person) {
    return handle
        .createQuery(FIND)
        .bind("issuer", person.issuer())
        .bind("subject", person.subject())
        .map((row, context) -> new Found(row.getLong("id"), row.getString("name")))
        .findOne();
  }

  private Found create(Handle handle, Person person) {
    String wanted = fit(person.name());
    Account account = null;
    for (int i = 1; account == null && i <= MAX_SUFFIX; i++) {
      String suffix = i == 1 ? "" : "-" + i;
      String name =
          wanted.substring(0, Math.min(wanted.length(), LONGEST_NAME - suffix.length())) + suffix;
      account = accounts.insert(handle, name, Optional.empty()).orElse(null);
    }
    if (account == null) {
      throw new RefusedException(
          new Refusal.Denied("no account name like %s is free".formatted(wanted), wanted));
    }
    int inserted =
        handle
            .createUpdate(
                """
                INSERT INTO account_identity (issuer, subject, account_id, created_at)
                VALUES (:issuer, :subject, :account, :at)
                ON CONFLICT (issuer, subject) DO NOTHING
                """)
            .bind("issuer", person.issuer())
            .bind("subject", person.subject())
            .bind("account", account.id())
            .bind("at", clock.millis())
            .execute();
    if (inserted == 0) {
      throw new RefusedException(
          new Refusal.Conflict(
              ErrorCode.CONFLICT, "this person is signing in at the same time", wanted));
    }
    return new Found(account.id(), account.name());
  }

  private static void refresh(Handle handle, Found account, Person person) {
    handle
        .createUpdate(
            """
            UPDATE account
            SET email = :email
            WHERE id = :account
            """)
        .bind("email", person.email().filter(email -> email.length() <= LONGEST_EMAIL).orElse(""))
        .bind("account", account.id())
        .execute();
    handle
        .createUpdate(
            """
            DELETE FROM account_group
            WHERE account_id = :account
            """)
        .bind("account", account.id())
        .execute();
    List<String> groups =
        person.groups().stream().filter(Identities::isGroup).distinct().sorted().toList();
    if (groups.size() > MAX_GROUPS) {
      throw new RefusedException(
          new Refusal.Denied(
              "the identity provider names %d groups of this person; at most %d are possible"
                  .formatted(groups.size(), MAX_GROUPS),
              ""));
    }
    if (groups.isEmpty()) {
      return;
    }
    PreparedBatch inserts =
        handle.prepareBatch(
            """
            INSERT INTO account_group (account_id, name)
            VALUES (:account, :name)
            """);
    groups.forEach(group -> inserts.bind("account", account.id()).bind("name", group).add());
    inserts.execute();
  }

  /** Whether grants can be given to a group of this name. */
  private static boolean isGroup(String name) {
    return !name.isBlank()
        && name.length() <= 200
        && name.equals(name.strip())
        && name.chars().noneMatch(Character::isISOControl);
  }

  /**
   * An account name from what a provider calls somebody: what stands before an at sign, in lower
   * case, without accents, other characters as {@code -}.
   */
  static String fit(String name) {
    String local = name.indexOf('@') > 0 ? name.substring(0, name.indexOf('@')) : name;
    String plain =
        Normalizer.normalize(local, Normalizer.Form.NFKD)
            .replaceAll("\\p{M}", "")
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^a-z0-9._-]+", "-")
            .replaceAll("^[._-]+|[._-]+$", "");
    String cut = plain.substring(0, Math.min(plain.length(), LONGEST_NAME));
    return cut.isEmpty() ? "user" : cut;
  }

  /**
   * What a provider says of somebody.
   *
   * @param name what it calls the person; made fit for an account name
   * @param email if it is told and not said to be unverified
   */
  public record Person(
      String issuer, String subject, String name, Optional<String> email, List<String> groups) {
    public Person {
      groups = List.copyOf(groups);
    }
  }

  /** An account of somebody. */
  public record Found(long id, String name) {}
}
