package io.hatoba.server.command;

import io.hatoba.server.database.Database;
import io.hatoba.server.database.Databases;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Ends a hold. */
@CommandLine.Command(
    name = "release",
    description = {
      "Ends a hold.",
      "Exit code 1 says that it had ended before, or never was: then objects may have been removed"
          + " meanwhile, and the copy is to be verified or made anew."
    })
final class BackupReleaseCommand extends Command {
  @Parameters(paramLabel = "ID", description = "What hold printed.")
  private long id;

  BackupReleaseCommand(Program program) {
    super(program);
  }

  @Override
  ExitCode run() {
    Map<String, String> settings = settings();
    try (Database database = Databases.beside(databaseConfig(settings), data(settings))) {
      boolean released = holds(database).release(id);
      answer(
          new Released(String.valueOf(id), released),
          released
              ? "released\n"
              : "There is no hold %d in force: it ended before. Verify the copy, or make it anew.%n"
                  .formatted(id));
      return released ? ExitCode.OK : ExitCode.FOUND;
    }
  }

  /** What is printed as JSON. */
  record Released(String id, boolean released) {}
}
