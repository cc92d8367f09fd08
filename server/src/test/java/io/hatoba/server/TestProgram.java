package io.hatoba.server;

import io.hatoba.server.command.Program;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/** The program as a command of a test sees it, without this process's own surroundings. */
public final class TestProgram {
  private TestProgram() {}

  /** With these variables and streams. */
  public static Program with(Map<String, String> environment, Program.Streams streams) {
    return new Program(
        new Program.Version("1.2.3", Optional.of("0123abc")),
        Features.settings(),
        Features::complaints,
        new Program.Surroundings(environment, new Properties()),
        streams);
  }
}
