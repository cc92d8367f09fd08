package io.hatoba.server.command;

import io.hatoba.server.backup.Verification;
import io.hatoba.server.backup.Verification.OfBackup;
import io.hatoba.server.backup.Verification.Report;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Databases;
import io.hatoba.server.storage.FileStorage;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Proves that a backup, or what a server has, is whole. */
@CommandLine.Command(
    name = "verify",
    description = {
      "Proves that a backup, or what a server has, is whole.",
      "Reads everything and changes nothing: the database must be sound, each manifest and blob have"
          + " its bytes with their digest and size, and what a manifest names be there. What is wrong"
          + " is listed, and the exit code is 1."
    })
final class VerifyCommand extends Command {
  /** A setting of the feature that takes pushes. */
  private static final String SPARSE_IMAGES = "hatoba.content.sparse-image";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "DIR",
      arity = "0..1",
      description = "A folder with backups, for the newest, or DIR/backups/NAME for that one.")
  private Optional<Path> backup = Optional.empty();

  @Option(
      names = "--live",
      description =
          "Verify the database and the data folder that the settings name, while the server runs"
              + " or not.")
  private boolean live;

  @Option(
      names = "--objects",
      paramLabel = "DIR",
      description = "With --live: the folder of the objects. Default: objects in the data folder.")
  private Optional<Path> objects = Optional.empty();

  VerifyCommand(Program program) {
    super(program);
  }

  @Override
  ExitCode run() {
    if (live == backup.isPresent()) {
      throw new ParameterException(
          spec.commandLine(), "Give either the folder of a backup or --live");
    }
    if (objects.isPresent() && !live) {
      throw new ParameterException(spec.commandLine(), "--objects goes with --live");
    }
    Map<String, String> settings = settings();
    boolean sparseImages = Boolean.parseBoolean(settings.getOrDefault(SPARSE_IMAGES, "false"));
    if (live) {
      Path folder = objects.orElseGet(() -> data(settings).resolve(FileStorage.FOLDER));
      try (Database database = Databases.beside(databaseConfig(settings), data(settings))) {
        Report report = Verification.of(database, folder, sparseImages);
        answer(report, text(report));
        return exit(report, 0);
      }
    }
    OfBackup verified = Verification.ofBackup(backup.orElseThrow(), sparseImages);
    answer(
        verified,
        "%s, made %s%n".formatted(verified.path(), verified.manifest().finishedAt())
            + text(verified.report()));
    return exit(verified.report(), verified.manifest().missing().size());
  }

  private static ExitCode exit(Report report, int missing) {
    return report.problemCount() == 0 && missing == 0 ? ExitCode.OK : ExitCode.FOUND;
  }

  private static String text(Report report) {
    return """
      schema     %d
      manifests  %d, naming %d things, %d of which need not be there and are not
      blobs      %d in the database, %d objects; together %s
    %s%s
    """
        .formatted(
            report.schema(),
            report.manifests(),
            report.edges(),
            report.sparse(),
            report.inlineBlobs(),
            report.objects(),
            size(report.bytes()),
            BackupCommand.lines(report.problems()),
            report.problemCount() == 0
                ? "whole"
                : "NOT WHOLE: " + plural(report.problemCount(), "problem", "problems"));
  }
}
