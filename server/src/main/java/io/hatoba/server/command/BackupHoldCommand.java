package io.hatoba.server.command;

import io.hatoba.server.content.StorageHolds;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Databases;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Makes a hold, for a backup that other programs make. */
@CommandLine.Command(
    name = "hold",
    description = {
      "Keeps all servers from removing objects for some time, and prints an id for release.",
      "Take the copy of the database after this, then copy the objects, then release."
    })
final class BackupHoldCommand extends Command {
  private static final Duration SHORTEST = Duration.ofMinutes(1);
  private static final Duration LONGEST = Duration.ofDays(30);

  @Option(
      names = "--for",
      paramLabel = "TIME",
      defaultValue = "6h",
      converter = Length.class,
      description = "After this it ends by itself. Default: ${DEFAULT-VALUE}.")
  private Duration length = Duration.ZERO;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      defaultValue = "backup hold",
      description = "What is shown by holds. Default: ${DEFAULT-VALUE}.")
  private String reason = "";

  BackupHoldCommand(Program program) {
    super(program);
  }

  @Override
  ExitCode run() {
    Map<String, String> settings = settings();
    try (Database database = Databases.beside(databaseConfig(settings), data(settings))) {
      String shown = reason.length() > 200 ? reason.substring(0, 200) : reason;
      StorageHolds.Hold hold = holds(database).place(shown, length);
      answer(Shown.of(hold), hold.id() + "\n");
    }
    return ExitCode.OK;
  }

  /**
   * A hold as JSON.
   *
   * @param id as text, since it has more digits than many readers of JSON keep
   */
  record Shown(String id, String reason, Instant createdAt, Instant expiresAt) {
    static Shown of(StorageHolds.Hold hold) {
      return new Shown(
          String.valueOf(hold.id()), hold.reason(), hold.createdAt(), hold.expiresAt());
    }
  }

  /** Reads the length. */
  static final class Length implements CommandLine.ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      return duration(text, SHORTEST, LONGEST);
    }
  }
}
