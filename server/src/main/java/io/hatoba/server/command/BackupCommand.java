package io.hatoba.server.command;

import io.hatoba.server.backup.Backup;
import io.hatoba.server.backup.BackupException;
import io.hatoba.server.backup.BackupManifest;
import io.hatoba.server.backup.Problem;
import io.hatoba.server.database.Databases;
import io.hatoba.server.database.SqliteFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes a backup of a data folder. */
@CommandLine.Command(
    name = "backup",
    description = {
      "Copies the database and all objects of a data folder, while the server runs or not.",
      "DIR may hold older backups: they stay, and what they have is not copied again.",
      "With PostgreSQL see hold and release, and docs/guides/backup.md."
    })
final class BackupCommand extends Command {
  /** How long a write waits for its turn among those of a server under load. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "DIR",
      arity = "0..1",
      description = "The folder for backups. Made if it is missing.")
  private Optional<Path> target = Optional.empty();

  @Option(
      names = "--keep",
      paramLabel = "N",
      description = "Leave the N newest backups in DIR, this one included; remove the others.")
  private Optional<Integer> keep = Optional.empty();

  @Option(
      names = "--link",
      description =
          "Make hard links of objects in place of copies. Fast, but a damaged disk damages both.")
  private boolean link;

  @Option(
      names = "--verify-all",
      description = "Read what older backups have copied too, and copy it again if it is damaged.")
  private boolean verifyAll;

  BackupCommand(Program program) {
    super(program);
  }

  @Override
  ExitCode run() {
    Path folder =
        target.orElseThrow(
            () -> new ParameterException(spec.commandLine(), "Missing required parameter: 'DIR'"));
    if (keep.filter(number -> number < 1).isPresent()) {
      throw new ParameterException(spec.commandLine(), "--keep must be 1 or more");
    }
    Map<String, String> settings = settings();
    if (Databases.isShared(databaseConfig(settings))) {
      throw new BackupException(
          "The database is PostgreSQL, which pg_dump copies. docs/guides/backup.md shows how, with backup hold and backup release.");
    }
    Path data = data(settings);
    Path file = Databases.sqliteFile(data);
    // The hold is put off while the other connection copies.
    try (SqliteFile source = SqliteFile.beside(file, PATIENCE);
        SqliteFile forHolds = SqliteFile.beside(file, PATIENCE)) {
      Backup.Made made =
          new Backup(
                  data,
                  folder,
                  new Backup.Options(link, verifyAll, keep, program.version().number()),
                  holds(forHolds),
                  clock)
              .run(source);
      BackupManifest manifest = made.manifest();
      answer(made, text(made));
      return manifest.missing().isEmpty() ? ExitCode.OK : ExitCode.FOUND;
    }
  }

  private static String text(Backup.Made made) {
    BackupManifest manifest = made.manifest();
    BackupManifest.Objects objects = manifest.objects();
    StringBuilder text = new StringBuilder();
    text.append("%s%n".formatted(made.path()));
    text.append(
        "  database  %s, schema %d%n"
            .formatted(size(manifest.database().size()), manifest.schema()));
    text.append(
        "  objects   %s, %s; copied now: %d, %s%n"
            .formatted(
                plural(objects.count(), "object", "objects"),
                size(objects.bytes()),
                objects.copied(),
                size(objects.copiedBytes())));
    if (manifest.forgottenUploads() > 0) {
      text.append(
          "  %s under way will have to start anew after a restore%n"
              .formatted(plural(manifest.forgottenUploads(), "upload", "uploads")));
    }
    for (String pruned : made.pruned()) {
      text.append("  removed   %s%n".formatted(pruned));
    }
    text.append(lines(manifest.missing()));
    return text.toString();
  }

  /** Problems, a line each. */
  static String lines(List<Problem> problems) {
    StringBuilder text = new StringBuilder();
    problems.forEach(problem -> text.append("WRONG ").append(problem).append('\n'));
    return text.toString();
  }
}
