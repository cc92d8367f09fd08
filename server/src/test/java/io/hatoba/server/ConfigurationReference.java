package io.hatoba.server;

import io.hatoba.server.startup.Setting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Writes {@code docs/reference/configuration.md} from the interfaces that declare the settings. */
final class ConfigurationReference {
  private static final String INTRODUCTION =
      """
      # Configuration

      <!-- Made from the docstrings of the *Config interfaces by ConfigurationReferenceTest. Change those. -->

      A setting can be given in four places. The first one that has it wins:

      1. a flag of `script/server`: `--port 5001` or `--port=5001`
      2. a Java system property: `-Dhatoba.port=5001`
      3. an environment variable: `HATOBA_PORT=5001`
      4. a UTF-8 properties file named by `--config FILE` or `HATOBA_CONFIG`: `hatoba.port=5001`

      All settings are checked before anything is opened. An unknown key or a wrong value stops the start with exit code 1
      and a sentence that says what to change. Secrets have no flag, since everyone on a machine can see flags.

      Times are written `500ms`, `30s`, `5m`, `2h`; sizes `20K`, `4M`, `1G` (powers of 1024).

      `HATOBA_JAVA_OPTIONS` is read by `script/server` and put on the command line of `java`, for example `-Xmx512m`.
      """;

  private ConfigurationReference() {}

  static String generate(Path sources) {
    StringBuilder page = new StringBuilder(INTRODUCTION);
    for (Class<?> config : Features.CONFIGS) {
      String source = read(sources.resolve(config.getName().replace('.', '/') + ".java"));
      page.append("\n## ").append(heading(config)).append("\n\n");
      page.append(classComment(config, source)).append("\n");
      for (Setting setting : Setting.of(List.of(config))) {
        page.append("\n### `").append(setting.key()).append("`\n\n");
        page.append(comment(setting, source)).append("\n\n");
        if (!setting.secret()) {
          page.append("- flag: `").append(setting.flag()).append("`\n");
        }
        page.append("- environment: `").append(setting.variable()).append("`\n");
        setting
            .defaultValue()
            .ifPresent(value -> page.append("- default: `").append(value).append("`\n"));
        setting
            .range()
            .ifPresent(
                range ->
                    page.append("- range: `%s` to `%s`\n".formatted(range.min(), range.max())));
      }
    }
    return page.toString();
  }

  private static String heading(Class<?> config) {
    return config.getSimpleName().replaceFirst("Config$", "");
  }

  private static String classComment(Class<?> config, String source) {
    return only(
        Pattern.compile(
            "/\\*\\*((?:(?!\\*/).)*)\\*/\\s*@ConfigMapping[^\\n]*\\s*public interface "
                + config.getSimpleName()
                + " ",
            Pattern.DOTALL),
        source,
        config.getName());
  }

  private static String comment(Setting setting, String source) {
    return only(
        Pattern.compile(
            "/\\*\\*((?:(?!\\*/).)*)\\*/(?:\\s*@[^\\n]*)*\\s*[\\w<>. ]+ "
                + setting.method()
                + "\\(\\);",
            Pattern.DOTALL),
        source,
        setting.key());
  }

  private static String only(Pattern pattern, String source, String what) {
    List<String> found =
        pattern.matcher(source).results().map((MatchResult match) -> match.group(1)).toList();
    if (found.size() != 1) {
      throw new IllegalStateException(
          what + " has " + found.size() + " docstrings; it must have exactly one");
    }
    return markdown(found.getFirst());
  }

  private static String markdown(String comment) {
    return comment
        .replaceAll("(?m)^\\s*\\*? ?", "")
        .strip()
        .replaceAll("\\{@code ([^}]*)\\}", "`$1`")
        .replaceAll("\\{@link #?([^} ]*)\\}", "`$1`")
        .replaceAll("</?q>", "\"")
        .replaceAll("\\s*<p>\\s*", "\n\n")
        .replaceAll("(?<!\\n)\\n(?!\\n)", " ");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
