package io.hatoba.server.command;

import io.hatoba.server.startup.Settings;
import io.hatoba.server.startup.Settings.Inspection;
import io.hatoba.server.startup.Settings.Stated;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;

/** Reads the settings as the server does, and starts nothing. */
@CommandLine.Command(
    name = "check",
    description = {
      "Reads all settings as the server would, and says what is wrong with them.",
      "Shows each value and where it comes from; secrets as ***. The server may run."
    })
final class SettingsCheckCommand extends Command {
  SettingsCheckCommand(Program program) {
    super(program);
  }

  @Override
  ExitCode run() {
    Inspection inspection =
        Settings.inspect(
            program.settings(),
            settingArguments(),
            program.surroundings().environment(),
            program.surroundings().properties());
    List<String> complaints = new ArrayList<>(inspection.sentences());
    if (complaints.isEmpty()) {
      complaints.addAll(program.complaints().apply(settings()));
    }
    List<Shown> shown = inspection.settings().stream().map(Shown::of).toList();
    answer(new Checked(shown, complaints), text(shown, complaints));
    return complaints.isEmpty() ? ExitCode.OK : ExitCode.FOUND;
  }

  private static String text(List<Shown> settings, List<String> complaints) {
    StringBuilder text = new StringBuilder();
    for (Shown setting : settings) {
      text.append(
          "%-42s %-32s %s%n".formatted(setting.key(), setting.value().orElse(""), setting.from()));
    }
    complaints.forEach(sentence -> text.append("WRONG ").append(sentence).append('\n'));
    text.append(complaints.isEmpty() ? "all good\n" : "");
    return text.toString();
  }

  /** What is printed as JSON. */
  record Checked(List<Shown> settings, List<String> problems) {}

  /**
   * A setting.
   *
   * @param value a secret as {@code ***}; absent if there is none
   */
  record Shown(String key, Optional<String> value, String from) {
    static Shown of(Stated stated) {
      return new Shown(stated.setting().key(), stated.shown(), stated.where());
    }
  }
}
