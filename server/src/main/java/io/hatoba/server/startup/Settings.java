package io.hatoba.server.startup;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Gathers what flags, system properties, environment and file say, and checks all of it. Opens
 * nothing but the file.
 */
public final class Settings {
  /** What every key starts with. */
  public static final String PREFIX = "hatoba.";

  private static final String VARIABLE_PREFIX = "HATOBA_";
  private static final String CONFIG_VARIABLE = "HATOBA_CONFIG";

  /** Read by script/server before the program starts. */
  private static final String JAVA_OPTIONS_VARIABLE = "HATOBA_JAVA_OPTIONS";

  /**
   * Kubernetes sets these in every pod beside a Service whose name begins with {@code hatoba}, so
   * they are nobody's mistake.
   */
  private static final Pattern KUBERNETES =
      Pattern.compile(
          "HATOBA_(\\w+_)?(SERVICE_HOST|SERVICE_PORT(_\\w+)?|PORT_\\d+_(TCP|UDP|SCTP)(_\\w+)?)");

  private static final Pattern KUBERNETES_PORT = Pattern.compile("(tcp|udp|sctp)://.*");

  private final List<Setting> settings;
  private final Values checks = new Values();
  private final List<String> sentences = new ArrayList<>();
  private final Map<String, Given> given = new TreeMap<>();

  private Settings(List<Setting> settings) {
    this.settings = settings;
  }

  /** What became of it. */
  public sealed interface Outcome {
    /** Good to start with: each key that has a value, given or by default. */
    record Accepted(Map<String, String> values) implements Outcome {
      public Accepted {
        values = Map.copyOf(values);
      }

      @Override
      public String toString() {
        return "Accepted[" + values.keySet() + "]";
      }
    }

    /** Somebody asks how to use the program. */
    record Help() implements Outcome {}

    /** Somebody asks which program this is. */
    record Version() implements Outcome {}

    /** Not good: what is wrong and what to change, a sentence each. */
    record Refused(List<String> sentences) implements Outcome {
      public Refused {
        sentences = List.copyOf(sentences);
      }
    }
  }

  /**
   * Everything that is said, right or wrong, to be looked at by a person.
   *
   * @param sentences as of {@link Outcome.Refused}; empty if a server could start with these
   */
  public record Inspection(List<Stated> settings, List<String> sentences) {
    public Inspection {
      settings = List.copyOf(settings);
      sentences = List.copyOf(sentences);
    }
  }

  /**
   * A setting with its value.
   *
   * @param shown the value, a secret as {@code ***}; empty if it has none
   * @param where who said so, for example {@code the flag --port}; {@code default} if nobody did
   */
  public record Stated(Setting setting, Optional<String> shown, String where) {}

  /** A value and where it was said. */
  private record Given(String value, String where) {}

  /** Reads and checks. */
  public static Outcome read(
      List<Setting> settings,
      List<String> arguments,
      Map<String, String> environment,
      Properties systemProperties) {
    if (arguments.contains("--help") || arguments.contains("-h")) {
      return new Outcome.Help();
    }
    if (arguments.contains("--version")) {
      return new Outcome.Version();
    }
    Settings reading = new Settings(settings);
    reading.gather(arguments, environment, systemProperties);
    Map<String, String> values = reading.check();
    return reading.sentences.isEmpty()
        ? new Outcome.Accepted(values)
        : new Outcome.Refused(reading.sentences);
  }

  /** Reads and checks as {@link #read}, and says where each value comes from. */
  public static Inspection inspect(
      List<Setting> settings,
      List<String> arguments,
      Map<String, String> environment,
      Properties systemProperties) {
    Settings reading = new Settings(settings);
    reading.gather(arguments, environment, systemProperties);
    reading.check();
    return new Inspection(settings.stream().map(reading::stated).toList(), reading.sentences);
  }

  private Stated stated(Setting setting) {
    Optional<Given> said = Optional.ofNullable(given.get(setting.key()));
    return new Stated(
        setting,
        said.map(Given::value)
            .or(setting::defaultValue)
            .map(value -> setting.secret() ? "***" : withoutUserInfo(value)),
        said.map(Given::where).orElse("default"));
  }

  private void gather(
      List<String> arguments, Map<String, String> environment, Properties systemProperties) {
    Map<String, String> flags = flags(arguments);
    Optional<String> file =
        Optional.ofNullable(flags.remove("--config"))
            .or(() -> Optional.ofNullable(environment.get(CONFIG_VARIABLE)));
    file.ifPresent(name -> takeFile(Path.of(name)));
    takeEnvironment(environment);
    takeSystemProperties(systemProperties);
    takeFlags(flags);
  }

  private Map<String, String> flags(List<String> arguments) {
    Map<String, String> flags = new LinkedHashMap<>();
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      int equals = argument.indexOf('=');
      if (!argument.startsWith("--")) {
        sentences.add(
            "'%s' is not a flag. Flags are written --port 5001 or --port=5001; --help lists them."
                .formatted(argument));
      } else if (equals > 0) {
        flags.put(argument.substring(0, equals), argument.substring(equals + 1));
      } else if (i + 1 < arguments.size()) {
        flags.put(argument, arguments.get(++i));
      } else {
        sentences.add(
            "The flag %s needs a value: write %s VALUE or %s=VALUE."
                .formatted(argument, argument, argument));
      }
    }
    return flags;
  }

  private void takeFile(Path file) {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    } catch (NoSuchFileException e) {
      sentences.add(
          "The settings file %s does not exist. Correct --config or HATOBA_CONFIG."
              .formatted(file));
    } catch (IOException | IllegalArgumentException e) {
      sentences.add(
          "The settings file %s cannot be read (%s). It must be a UTF-8 properties file."
              .formatted(file, e.getMessage()));
    }
    for (String key : properties.stringPropertyNames()) {
      take(key, properties.getProperty(key), "the file " + file);
    }
  }

  private void takeEnvironment(Map<String, String> environment) {
    Map<String, Setting> known =
        settings.stream().collect(Collectors.toMap(Setting::variable, setting -> setting));
    new TreeMap<>(environment)
        .forEach(
            (name, value) -> {
              if (!name.startsWith(VARIABLE_PREFIX)
                  || name.equals(CONFIG_VARIABLE)
                  || name.equals(JAVA_OPTIONS_VARIABLE)
                  || KUBERNETES.matcher(name).matches()
                  || (name.endsWith("_PORT") && KUBERNETES_PORT.matcher(value).matches())) {
                return;
              }
              Setting setting = known.get(name);
              if (setting == null) {
                sentences.add(
                    "The environment variable %s is not a setting.%s Remove it, or see docs/reference/configuration.md."
                        .formatted(name, didYouMean(name, known.keySet())));
                return;
              }
              given.put(setting.key(), new Given(value, "the environment variable " + name));
            });
  }

  private void takeSystemProperties(Properties properties) {
    for (String key : properties.stringPropertyNames()) {
      if (key.startsWith(PREFIX)) {
        take(key, properties.getProperty(key), "the system property -D" + key);
      }
    }
  }

  private void takeFlags(Map<String, String> flags) {
    Map<String, Setting> known =
        settings.stream().collect(Collectors.toMap(Setting::flag, setting -> setting));
    flags.forEach(
        (name, value) -> {
          Setting setting = known.get(name.replace('.', '-'));
          if (setting == null) {
            sentences.add(
                "%s is not a flag.%s --help lists the flags."
                    .formatted(name, didYouMean(name, known.keySet())));
          } else if (setting.secret()) {
            sentences.add(
                "%s would show a secret to everyone who can list processes. Set the environment variable %s, or %s in the file named by --config."
                    .formatted(name, setting.variable(), setting.key()));
          } else {
            given.put(setting.key(), new Given(value, "the flag " + setting.flag()));
          }
        });
  }

  private void take(String key, String value, String where) {
    if (settings.stream().noneMatch(setting -> setting.key().equals(key))) {
      sentences.add(
          "%s in %s is not a setting.%s Remove it, or see docs/reference/configuration.md."
              .formatted(
                  key, where, didYouMean(key, settings.stream().map(Setting::key).toList())));
      return;
    }
    given.put(key, new Given(value, where));
  }

  private Map<String, String> check() {
    Map<String, String> values = new TreeMap<>();
    for (Setting setting : settings) {
      Optional<Given> said = Optional.ofNullable(given.get(setting.key()));
      said.ifPresent(value -> check(setting, value));
      if (said.isEmpty() && setting.required()) {
        sentences.add(
            "%s must be set: use the flag %s, the environment variable %s, or the file named by --config."
                .formatted(setting.key(), setting.flag(), setting.variable()));
      }
      said.map(Given::value)
          .or(setting::defaultValue)
          .ifPresent(value -> values.put(setting.key(), value));
    }
    return values;
  }

  private void check(Setting setting, Given said) {
    if (said.value().isBlank()) {
      sentences.add(
          "%s in %s is empty. Give it a value, or remove it."
              .formatted(setting.key(), said.where()));
    } else if (!checks.allowed(setting, said.value().strip())) {
      sentences.add(
          "%s is %s in %s. It must be %s."
              .formatted(
                  setting.key(),
                  setting.secret() ? "***" : "'" + withoutUserInfo(said.value()) + "'",
                  said.where(),
                  Values.form(setting)));
    }
  }

  /** A URL may carry a password. */
  private static String withoutUserInfo(String value) {
    return value
        .replaceAll("://[^/\\s]*@", "://***@")
        .replaceAll("(?i)([?&][a-z]*password=)[^&]*", "$1***");
  }

  private static String didYouMean(String name, Iterable<String> known) {
    return similar(name, known).map(" Did you mean %s?"::formatted).orElse("");
  }

  /** What somebody who wrote a name probably meant; empty if nothing known is like it. */
  public static Optional<String> similar(String name, Iterable<String> known) {
    Optional<String> best = Optional.empty();
    int least = Math.max(2, name.length() / 4) + 1;
    for (String candidate : known) {
      int distance = distance(name, candidate);
      if (distance < least) {
        least = distance;
        best = Optional.of(candidate);
      }
    }
    return best;
  }

  /** How many single letters must be added, dropped or changed to make one text of the other. */
  private static int distance(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int changed = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(changed, Math.min(row[j - 1], row[j]) + 1);
      }
    }
    return row[to.length()];
  }
}
