package io.hatoba.server.command;

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
import io.hatoba.server.startup.StartupException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Gives an account a new password, lets it in again if it was disabled, and ends its sessions; its
 * keys go on. On SQLite only while no server runs on the data folder, which remembers who may do
 * what; on PostgreSQL at any time. Prints the password unless it was given.
 */
@picocli.CommandLine.Command(
    name = "reset-password",
    description = {
      "Gives an account a new password, which is printed once, and lets it in again if it was"
          + " disabled.",
      "Its sessions end, its access keys go on. With SQLite the server must be stopped."
    })
final class ResetPasswordCommand extends Command {
  private static final int LONGEST_INPUT = 4096;

  @Parameters(paramLabel = "ACCOUNT", description = "The name of the account.")
  private String account = "";

  @Option(
      names = "--password-from",
      paramLabel = "FILE",
      description = "Take the password from the first line of this file; - is standard input.")
  private Optional<String> from = Optional.empty();

  ResetPasswordCommand(Program program) {
    super(program);
  }

  @Override
  ExitCode run() throws IOException {
    Map<String, String> settings = settings();
    DatabaseConfig where = databaseConfig(settings);
    Optional<Secret> given = from.isPresent() ? Optional.of(read(from.get())) : Optional.empty();
    Optional<Database> shared = Databases.openShared(where);
    if (shared.isPresent()) {
      try (Database database = shared.get()) {
        return reset(database, given);
      }
    }
    Path data = data(settings);
    Databases.sqliteFile(data);
    try (DataFolder folder = DataFolder.open(data);
        Database database = Databases.open(where, folder)) {
      return reset(database, given);
    }
  }

  private ExitCode reset(Database database, Optional<Secret> given) {
    Accounts accounts =
        new Accounts(database, new AccessVersion(database), Ids.random(clock), clock);
    Account found = accounts.requirePerson(account);
    given.ifPresent(
        password -> {
          Checks checks = new Checks();
          accounts.checkRules(checks, "The password", password, found);
          checks.done();
        });
    Secret password = given.orElseGet(Secret::random);
    accounts.setPassword(found, password, Optional.empty());
    if (!found.enabled()) {
      accounts.setEnabled(account, true);
    }
    answer(
        new Reset(
            account,
            given.isPresent() ? Optional.empty() : Optional.of(password.reveal()),
            !found.enabled()),
        (given.isPresent()
                ? "The password of %s was changed.%n".formatted(account)
                : "The new password of %s, shown only now:%n%n  %s%n%n"
                    .formatted(account, password.reveal()))
            + "Its sessions were ended, its access keys go on."
            + (found.enabled() ? "" : " It was disabled and may sign in again.")
            + "\n");
    return ExitCode.OK;
  }

  private Secret read(String file) {
    try (InputStream in =
        file.equals("-") ? program.streams().in() : Files.newInputStream(Path.of(file))) {
      byte[] bytes = in.readNBytes(LONGEST_INPUT);
      return new Secret(new String(bytes, StandardCharsets.UTF_8).lines().findFirst().orElse(""));
    } catch (IOException e) {
      throw new StartupException("The password cannot be read (%s).".formatted(e), e);
    }
  }

  /** What is printed as JSON. */
  record Reset(String account, Optional<String> password, boolean enabledAgain) {}
}
