package io.hatoba.server.command;

import io.hatoba.server.backup.Restore;
import io.hatoba.server.backup.Restore.Restored;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes a data folder of a backup. */
@CommandLine.Command(
    name = "restore",
    description = {
      "Makes a data folder of a backup, all of it or nothing, and verifies while it copies.",
      "The data folder (--data) must be empty or not exist."
    })
final class RestoreCommand extends Command {
  @Parameters(
      paramLabel = "DIR",
      description = "A folder with backups, for the newest, or DIR/backups/NAME for that one.")
  private Path backup = Path.of("");

  @Option(
      names = "--accept-missing",
      description =
          "Restore also if objects of the backup are missing or damaged; they are listed.")
  private boolean acceptMissing;

  RestoreCommand(Program program) {
    super(program);
  }

  @Override
  ExitCode run() {
    Map<String, String> settings = settings();
    Path data = data(settings).toAbsolutePath().normalize();
    Restored restored = Restore.run(backup, data, acceptMissing);
    answer(
        restored,
        "%s was restored to %s: %s, %s.%n"
                .formatted(
                    restored.backup(),
                    data,
                    plural(restored.manifest().objects().count(), "object", "objects"),
                    size(restored.manifest().objects().bytes()))
            + (restored.manifest().forgottenUploads() == 0
                ? ""
                : "Forgotten, since their bytes are in no backup: %s that was under way.%n"
                    .formatted(plural(restored.manifest().forgottenUploads(), "upload", "uploads")))
            + BackupCommand.lines(restored.missing()));
    return restored.missing().isEmpty() ? ExitCode.OK : ExitCode.FOUND;
  }
}
