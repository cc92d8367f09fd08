package io.hatoba.server.account;

import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import io.hatoba.server.registry.AccessVersion;
import io.hatoba.server.registry.Registries;
import io.hatoba.server.registry.RegistryName;
import io.hatoba.server.startup.Secret;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/**
 * The first login: on a database without accounts makes the account {@code admin}, one access key
 * of it with the role service-admin, and one registry, in one transaction. Of two nodes that start
 * at once one makes them. Later starts change nothing.
 */
@Singleton
public final class Bootstrap {
  /** The name of the account that the first start makes. */
  public static final String ACCOUNT = "admin";

  private static final Logger LOG = Logger.getLogger(Bootstrap.class);
  private static final int SHORTEST_SECRET = 8;

  /** So many characters of A-Z, a-z, 0-9 hold 128 bits; less can be guessed one day. */
  private static final int GOOD_SECRET = 22;

  private final Database database;
  private final AccessVersion version;
  private final Accounts accounts;
  private final AccessKeys keys;
  private final Grants grants;
  private final Registries registries;

  public Bootstrap(
      Database database,
      AccessVersion version,
      Accounts accounts,
      AccessKeys keys,
      Grants grants,
      Registries registries) {
    this.database = database;
    this.version = version;
    this.accounts = accounts;
    this.keys = keys;
    this.grants = grants;
    this.registries = registries;
  }

  /** Makes what the first start makes, if this is it. */
  public Outcome run(Wanted wanted) {
    if (hasAccounts()) {
      return later(wanted);
    }
    Secret password = wanted.password().orElseGet(Secret::random);
    KeyText key = wanted.key().orElseGet(() -> new KeyText(AccessKeys.randomId(), Secret.random()));
    String hash = accounts.hash(password);
    AccessKeys.Draft draft =
        new AccessKeys.Draft(
            key.id(), keys.mac(key.id(), key.secret()), AccessKey.Settings.PLAIN, "");
    boolean made = version.change(handle -> make(handle, wanted.registry(), hash, draft));
    if (!made) {
      return later(wanted); // another node was faster
    }
    if (wanted.key().isPresent() && key.secret().length() < GOOD_SECRET) {
      LOG.warnf(
          "the secret of the first access key is short, length=%d, recommended=%d",
          key.secret().length(), GOOD_SECRET);
    }
    return new Outcome.Made(
        wanted.password().isPresent() ? Optional.empty() : Optional.of(password),
        key.id(),
        wanted.key().isPresent() ? Optional.empty() : Optional.of(key.secret()),
        wanted.registry());
  }

  private boolean hasAccounts() {
    return database.read(Bootstrap::hasAccounts);
  }

  private static boolean hasAccounts(Handle handle) {
    return handle
        .createQuery(
            """
            SELECT name
            FROM account
            ORDER BY name
            LIMIT 1
            """)
        .mapTo(String.class)
        .findOne()
        .isPresent();
  }

  private boolean make(Handle handle, RegistryName registry, String hash, AccessKeys.Draft draft) {
    Optional<Account> account = accounts.insert(handle, ACCOUNT, Optional.of(hash));
    if (account.isEmpty()) {
      return false;
    }
    keys.insert(handle, account.get().id(), draft);
    grants.insert(handle, account.get().principal(), Role.SERVICE_ADMIN, Optional.empty());
    registries.insert(handle, registry, Registries.Settings.PRIVATE);
    return true;
  }

  private Outcome later(Wanted wanted) {
    List<String> differing = new ArrayList<>();
    if (wanted.password().isPresent()
        && accounts.checkPassword(ACCOUNT, wanted.password().get()).isEmpty()) {
      differing.add("the password of the account " + ACCOUNT);
    }
    if (wanted.key().isPresent() && !keys.has(wanted.key().get())) {
      differing.add("the access key " + wanted.key().get().id());
    }
    if (registries.find(wanted.registry()).isEmpty()) {
      differing.add("the registry " + wanted.registry());
    }
    return new Outcome.AlreadyThere(differing);
  }

  /** An access key as it is configured: {@code id:secret}. */
  public record KeyText(String id, Secret secret) {}

  /**
   * What the first start shall make.
   *
   * @param password of the account; none makes a random one
   * @param key none makes a random one
   */
  public record Wanted(Optional<Secret> password, Optional<KeyText> key, RegistryName registry) {
    /**
     * Reads configured text.
     *
     * @param key {@code id:secret}
     * @throws IllegalArgumentException with a sentence that says what to change; never with a
     *     secret in it
     */
    public static Wanted parse(Optional<Secret> password, Optional<Secret> key, String registry) {
      if (password.isPresent() && password.get().length() < SHORTEST_SECRET) {
        throw new IllegalArgumentException(
            "The password of the first account (hatoba.admin-password, HATOBA_ADMIN_PASSWORD) must"
                + " have at least %d characters.".formatted(SHORTEST_SECRET));
      }
      try {
        return new Wanted(password, key.map(Wanted::key), RegistryName.parse(registry));
      } catch (RefusedException e) {
        throw new IllegalArgumentException(
            "The name of the first registry (hatoba.bootstrap.registry,"
                + " HATOBA_BOOTSTRAP_REGISTRY) is not usable: "
                + e.refusal().message()
                + ".",
            e);
      }
    }

    private static KeyText key(Secret text) {
      int colon = text.reveal().indexOf(':');
      if (colon < 0
          || !AccessKey.isId(text.reveal().substring(0, colon))
          || text.length() - colon - 1 < SHORTEST_SECRET) {
        throw new IllegalArgumentException(
            "The first access key (hatoba.bootstrap.access-key, HATOBA_BOOTSTRAP_ACCESS_KEY) must"
                + " be written id:secret, the id with 1 to 64 characters of A-Z, a-z, 0-9, '.',"
                + " '_', '$' and '-', the secret with at least %d characters."
                    .formatted(SHORTEST_SECRET));
      }
      return new KeyText(
          text.reveal().substring(0, colon), new Secret(text.reveal().substring(colon + 1)));
    }
  }

  /** What a start found or made. */
  public sealed interface Outcome {
    /**
     * It was the first start. To be shown once.
     *
     * @param password if it was made and not configured
     * @param secret of the key, if it was made and not configured
     */
    record Made(
        Optional<Secret> password, String keyId, Optional<Secret> secret, RegistryName registry)
        implements Outcome {}

    /**
     * There are accounts already; nothing was changed.
     *
     * @param differing what is configured and not so in the database; worth a warning, since
     *     configured values apply to the first start only
     */
    record AlreadyThere(List<String> differing) implements Outcome {
      public AlreadyThere {
        differing = List.copyOf(differing);
      }
    }
  }
}
