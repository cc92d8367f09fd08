package io.hatoba.server.command;

import io.hatoba.server.database.Databases;
import java.util.Optional;
import picocli.CommandLine;

/** Which program this is. */
@CommandLine.Command(
    name = "version",
    description = "Prints the version of the program, its commit, its database schema, and Java.")
final class VersionCommand extends Command {
  VersionCommand(Program program) {
    super(program);
  }

  @Override
  ExitCode run() {
    Version version =
        new Version(
            program.version().number(),
            program.version().commit(),
            Databases.schema(),
            Runtime.version().toString());
    answer(
        version,
        """
        hatoba  %s
        commit  %s
        schema  %d
        java    %s
        """
            .formatted(
                version.version(),
                version.commit().orElse("unknown"),
                version.schema(),
                version.java()));
    return ExitCode.OK;
  }

  /** What is printed as JSON. */
  record Version(String version, Optional<String> commit, int schema, String java) {}
}
