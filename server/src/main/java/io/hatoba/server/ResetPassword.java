package io.hatoba.server;

import io.hatoba.oci.RefusedException;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.Accounts;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.DatabaseConfig;
import io.hatoba.server.database.Databases;
import io.hatoba.server.database.Ids;
import io.hatoba.server.registry.AccessVersion;
import io.hatoba.server.rest.Checks;
import io.hatoba.server.startup.DataFolder;
import io.hatoba.server.startup.Secret;
import io.hatoba.server.startup.Settings;
import io.hatoba.server.startup.Settings.Outcome;
import io.hatoba.server.startup.StartupException;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * {@code reset-password ACCOUNT [--password-from FILE|-] [settings]}: gives an account a new
 * password, lets it in again if it was disabled, and ends its sessions; its keys go on. On SQLite
 * only while no server runs on the data folder, on PostgreSQL at any time. Prints the password
 * unless it was given, and nothing else of value; exit code 0, or 1 with a sentence.
 */
final class ResetPassword {
  /** The first argument that asks for it. */
  static final String COMMAND = "reset-password";

  private static final String USAGE =
      "reset-password ACCOUNT [--password-from FILE] [settings as for the server]; - is standard"
          + " input.";
  private static final int LONGEST_INPUT = 4096;

  private final InputStream in;
  private final PrintStream out;
  private final PrintStream err;

  ResetPassword(InputStream in, PrintStream out, PrintStream err) {
    this.in = in;
    this.out = out;
    this.err = err;
  }

  /**
   * Does it.
   *
   * @param arguments without {@value #COMMAND}
   * @return the exit code
   */
  int run(List<String> arguments, Map<String, String> environment, Properties properties) {
    List<String> rest = new ArrayList<>(arguments);
    Optional<String> from = passwordFrom(rest);
    if (rest.isEmpty() || rest.getFirst().startsWith("-")) {
      return refuse(USAGE);
    }
    String name = rest.removeFirst();
    return switch (Settings.read(Features.settings(), rest, environment, properties)) {
      case Outcome.Accepted(var values) -> run(name, from, values);
      case Outcome.Help() -> {
        out.println(USAGE);
        yield 0;
      }
      case Outcome.Version() -> {
        out.println("hatoba " + Main.version());
        yield 0;
      }
      case Outcome.Refused(var sentences) -> {
        sentences.forEach(this::refuse);
        yield 1;
      }
    };
  }

  /** Takes the option and its value out of the arguments. */
  private static Optional<String> passwordFrom(List<String> arguments) {
    int at = arguments.indexOf("--password-from");
    if (at < 0 || at + 1 == arguments.size()) {
      return Optional.empty();
    }
    arguments.remove(at);
    return Optional.of(arguments.remove(at));
  }

  private int run(String name, Optional<String> from, Map<String, String> values) {
    SmallRyeConfig config =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withMapping(ServerConfig.class)
            .withMapping(DatabaseConfig.class)
            .withMappingIgnore("hatoba.**")
            .withSources(new PropertiesConfigSource(values, "settings", 100))
            .build();
    DatabaseConfig where = config.getConfigMapping(DatabaseConfig.class);
    try {
      Optional<Secret> given = from.isPresent() ? Optional.of(read(from.get())) : Optional.empty();
      Optional<Database> shared = Databases.openShared(where);
      if (shared.isPresent()) {
        try (Database database = shared.get()) {
          return reset(database, name, given);
        }
      }
      Path data = config.getConfigMapping(ServerConfig.class).data();
      if (!Files.exists(data.resolve("hatoba.db"))) {
        return refuse(
            "There is no database in %s. Name the data folder with --data, or the database with HATOBA_DATABASE_URL."
                .formatted(data.toAbsolutePath()));
      }
      try (DataFolder folder = DataFolder.open(data);
          Database database = Databases.open(where, folder)) {
        return reset(database, name, given);
      }
    } catch (StartupException e) {
      return refuse(String.valueOf(e.getMessage()));
    } catch (RefusedException e) {
      return refuse(e.refusal().message() + ".");
    } catch (IOException e) {
      return refuse("The password cannot be read (%s).".formatted(e.getMessage()));
    }
  }

  private int reset(Database database, String name, Optional<Secret> given) {
    InstantSource clock = InstantSource.system();
    Accounts accounts =
        new Accounts(database, new AccessVersion(database), Ids.random(clock), clock);
    Account account = accounts.requirePerson(name);
    given.ifPresent(
        password -> {
          Checks checks = new Checks();
          accounts.checkRules(checks, "The password", password, account);
          checks.done();
        });
    Secret password = given.orElseGet(Secret::random);
    accounts.setPassword(account, password, Optional.empty());
    if (!account.enabled()) {
      accounts.setEnabled(name, true);
    }
    out.println(
        given.isPresent()
            ? "The password of %s was changed.".formatted(name)
            : "The new password of %s, shown only now:%n%n  %s%n"
                .formatted(name, password.reveal()));
    out.println(
        "Its sessions were ended, its access keys go on."
            + (account.enabled() ? "" : " It was disabled and may sign in again."));
    return 0;
  }

  private Secret read(String from) throws IOException {
    byte[] bytes;
    if (from.equals("-")) {
      bytes = in.readNBytes(LONGEST_INPUT);
    } else {
      try (InputStream file = Files.newInputStream(Path.of(from))) {
        bytes = file.readNBytes(LONGEST_INPUT);
      }
    }
    return new Secret(new String(bytes, StandardCharsets.UTF_8).lines().findFirst().orElse(""));
  }

  private int refuse(String sentence) {
    err.println("hatoba: " + sentence);
    return 1;
  }
}
