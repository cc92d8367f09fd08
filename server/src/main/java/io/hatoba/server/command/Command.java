package io.hatoba.server.command;

import io.hatoba.server.backup.Documents;
import io.hatoba.server.content.StorageHolds;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.DatabaseConfig;
import io.hatoba.server.database.Databases;
import io.hatoba.server.database.Ids;
import io.hatoba.server.startup.Setting;
import io.hatoba.server.startup.Settings;
import io.hatoba.server.startup.Settings.Outcome;
import io.hatoba.server.startup.StartupException;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/**
 * What all commands share: {@code --help}, {@code --json}, and the settings of the server as flags.
 * What a command throws is told in a sentence by {@link Commands}.
 */
abstract class Command implements Callable<Integer> {
  /** The key of the data folder, which other packages than this declare. */
  private static final String DATA = "hatoba.data";

  private static final String CONFIG_FLAG = "--config";

  final Program program;
  final InstantSource clock = InstantSource.system();
  private final Map<String, OptionSpec> flags = new TreeMap<>();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      order = 100,
      description = "Show this text.")
  boolean help;

  @Option(
      names = "--json",
      order = 90,
      description = "Print one JSON document on standard output in place of text.")
  boolean json;

  Command(Program program) {
    this.program = program;
  }

  /** Does it. */
  abstract ExitCode run() throws Exception;

  @Override
  public final Integer call() throws Exception {
    return run().code();
  }

  /** The command with its options; those of the settings are taken, and only some are shown. */
  CommandLine line() {
    CommandLine line = new CommandLine(this);
    CommandSpec spec = line.getCommandSpec();
    flag(spec, CONFIG_FLAG, "FILE", "A properties file with settings.");
    for (Setting setting : program.settings()) {
      if (setting.key().equals(DATA)) {
        flag(spec, setting.flag(), "DIR", "The data folder. Default: data.");
      } else {
        flag(spec, setting.flag(), "VALUE", "");
      }
    }
    return line;
  }

  private void flag(CommandSpec spec, String name, String label, String description) {
    OptionSpec option =
        OptionSpec.builder(name)
            .paramLabel(label)
            .type(String.class)
            .order(description.isEmpty() ? 0 : 80)
            .hidden(description.isEmpty())
            .description(description)
            .build();
    spec.addOption(option);
    flags.put(name, option);
  }

  /** The flags of settings as they were given. */
  List<String> settingArguments() {
    List<String> arguments = new ArrayList<>();
    flags.forEach(
        (name, option) -> {
          if (option.getValue() instanceof String value) {
            arguments.add(name + "=" + value);
          }
        });
    return arguments;
  }

  /**
   * The settings, by key, as the server would read them.
   *
   * @throws UsageException if it would refuse them
   */
  Map<String, String> settings() {
    return switch (Settings.read(
        program.settings(),
        settingArguments(),
        program.surroundings().environment(),
        program.surroundings().properties())) {
      case Outcome.Accepted(var values) -> values;
      case Outcome.Refused(var sentences) -> throw new UsageException(sentences);
      case Outcome.Help(), Outcome.Version() ->
          throw new IllegalStateException("neither is an argument of a setting");
    };
  }

  /** Where the database is. */
  static DatabaseConfig databaseConfig(Map<String, String> settings) {
    return new SmallRyeConfigBuilder()
        .addDiscoveredConverters()
        .withMapping(DatabaseConfig.class)
        .withMappingIgnore("hatoba.**")
        .withSources(new PropertiesConfigSource(settings, "settings", 100))
        .build()
        .getConfigMapping(DatabaseConfig.class);
  }

  /** The data folder. */
  static Path data(Map<String, String> settings) {
    return Path.of(Optional.ofNullable(settings.get(DATA)).orElseThrow().strip());
  }

  /** The holds of a database that has the schema of this program. */
  StorageHolds holds(Database database) {
    Optional<Integer> schema = Databases.schemaOf(database);
    if (!schema.equals(Optional.of(Databases.schema()))) {
      throw new StartupException(
          "The database has schema %s and this version of Hatoba is for %d. Use the command of the version that the server has, or start the server of this one first."
              .formatted(schema.map(String::valueOf).orElse("none"), Databases.schema()));
    }
    return new StorageHolds(database, Ids.random(clock), clock);
  }

  /** Prints what came of it. */
  void answer(Object document, String text) {
    program.streams().out().print(json ? Documents.write(document) : text);
  }

  static String plural(long count, String one, String many) {
    return count + " " + (count == 1 ? one : many);
  }

  /** For people. */
  static String size(long bytes) {
    if (bytes < 10_000) {
      return plural(bytes, "byte", "bytes");
    }
    return bytes < 10_000_000_000L
        ? "%.1f MB".formatted(bytes / 1e6)
        : "%.1f GB".formatted(bytes / 1e9);
  }

  /**
   * Reads {@code 30s}, {@code 45m}, {@code 6h} or {@code 2d}.
   *
   * @throws CommandLine.TypeConversionException if it is something else or out of range
   */
  static Duration duration(String text, Duration shortest, Duration longest) {
    Duration unit =
        switch (text.isEmpty() ? ' ' : text.charAt(text.length() - 1)) {
          case 's' -> Duration.ofSeconds(1);
          case 'm' -> Duration.ofMinutes(1);
          case 'h' -> Duration.ofHours(1);
          case 'd' -> Duration.ofDays(1);
          default -> Duration.ZERO;
        };
    String number = text.isEmpty() ? "" : text.substring(0, text.length() - 1);
    if (!unit.isZero() && number.matches("[0-9]{1,6}")) {
      Duration duration = unit.multipliedBy(Long.parseLong(number));
      if (duration.compareTo(shortest) >= 0 && duration.compareTo(longest) <= 0) {
        return duration;
      }
    }
    throw new CommandLine.TypeConversionException(
        "'%s' is not a time such as 45m, 6h or 2d, from %s to %s"
            .formatted(text, shown(shortest), shown(longest)));
  }

  private static String shown(Duration duration) {
    return duration.toHours() >= 48 ? duration.toDays() + "d" : duration.toMinutes() + "m";
  }
}
