package io.hatoba.server.command;

import io.hatoba.server.startup.Setting;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Function;

/**
 * What a command stands in: which program it is part of, and what the outside gives it.
 *
 * @param settings all there are
 * @param complaints what features have to say about values that are good by themselves; gets every
 *     value by its key
 */
public record Program(
    Version version,
    List<Setting> settings,
    Function<Map<String, String>, List<String>> complaints,
    Surroundings surroundings,
    Streams streams) {
  public Program {
    settings = List.copyOf(settings);
  }

  /**
   * Which program it is.
   *
   * @param commit what it was built from, if that is known
   */
  public record Version(String number, Optional<String> commit) {}

  /** Where settings come from besides flags. */
  public record Surroundings(Map<String, String> environment, Properties properties) {
    public Surroundings {
      environment = Map.copyOf(environment);
    }
  }

  /** Standard input, output and error. */
  public record Streams(InputStream in, PrintStream out, PrintStream err) {}
}
