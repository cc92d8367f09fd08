package io.hatoba.server.command;

import io.hatoba.server.database.Databases;
import picocli.CommandLine;

/** Which program this is. */
@CommandLine.Command(
    name = "version",
    description = "Prints the version of the program, of its database schema, and of Java.")
final class VersionCommand extends Command {
  VersionCommand(Program program) {
    super(program);
  }

  @Override
  ExitCode run() {
    Version version =
        new Version(program.version(), Databases.schema(), Runtime.version().toString());
    answer(
        version,
        """
        hatoba  %s
        schema  %d
        java    %s
        """
            .formatted(version.version(), version.schema(), version.java()));
    return ExitCode.OK;
  }

  /** What is printed as JSON. */
  record Version(String version, int schema, String java) {}
}
