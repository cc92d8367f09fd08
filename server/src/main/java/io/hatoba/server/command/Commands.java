package io.hatoba.server.command;

import io.hatoba.oci.RefusedException;
import io.hatoba.server.backup.BackupException;
import io.hatoba.server.backup.Documents;
import io.hatoba.server.startup.Settings;
import io.hatoba.server.startup.StartupException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** All commands of {@code hatoba}, and how they end: {@link ExitCode}. */
public final class Commands {
  private static final int WIDTH = 100;

  private Commands() {}

  /**
   * Whether these arguments of the program are for a command; otherwise they are for the server,
   * which has flags only.
   */
  public static boolean isCommand(List<String> arguments) {
    return !arguments.isEmpty() && !arguments.getFirst().startsWith("-");
  }

  /**
   * Runs a command.
   *
   * @return the exit code
   */
  public static int run(Program program, List<String> arguments) {
    return line(program).execute(arguments.toArray(String[]::new));
  }

  /** The commands. A new one is a line here. */
  static CommandLine line(Program program) {
    CommandLine root = new CommandLine(new HatobaCommand());
    CommandLine backup = new BackupCommand(program).line();
    backup.addSubcommand(new BackupHoldCommand(program).line());
    backup.addSubcommand(new BackupHoldsCommand(program).line());
    backup.addSubcommand(new BackupReleaseCommand(program).line());
    root.addSubcommand(backup);
    root.addSubcommand(new VerifyCommand(program).line());
    root.addSubcommand(new RestoreCommand(program).line());
    root.addSubcommand(
        new CommandLine(new AccountCommand())
            .addSubcommand(new ResetPasswordCommand(program).line()));
    root.addSubcommand(
        new CommandLine(new SettingsCommand())
            .addSubcommand(new SettingsCheckCommand(program).line()));
    root.addSubcommand(new VersionCommand(program).line());
    root.addSubcommand(new CommandLine.HelpCommand());
    root.addSubcommand(hidden(new ResetPasswordCommand(program).line()));
    return configured(root, program);
  }

  /** How it was written before there were groups of commands. */
  private static CommandLine hidden(CommandLine line) {
    line.getCommandSpec().usageMessage().hidden(true);
    return line;
  }

  private static CommandLine configured(CommandLine root, Program program) {
    describeExitCodes(root.getCommandSpec());
    root.setUsageHelpWidth(WIDTH);
    root.setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF));
    root.setOut(writer(program.streams().out()));
    root.setErr(writer(program.streams().err()));
    root.setParameterExceptionHandler((failure, _) -> refuse(program, failure));
    root.setExecutionExceptionHandler((failure, line, _) -> fail(program, failure, line));
    return root;
  }

  private static void describeExitCodes(CommandSpec spec) {
    Map<String, String> codes = new LinkedHashMap<>();
    Arrays.stream(ExitCode.values())
        .forEach(exit -> codes.put(String.valueOf(exit.code()), exit.meaning()));
    spec.usageMessage().exitCodeListHeading("%nExit codes:%n").exitCodeList(codes);
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }

  private static int refuse(Program program, ParameterException failure) {
    CommandSpec spec = failure.getCommandLine().getCommandSpec();
    PrintStream err = program.streams().err();
    err.println(
        "hatoba: "
            + (failure instanceof UnmatchedArgumentException unmatched
                ? unmatched(spec, unmatched.getUnmatched().getFirst())
                : failure.getMessage() + "."));
    err.println(spec.qualifiedName() + " --help shows how.");
    return ExitCode.USAGE.code();
  }

  private static String unmatched(CommandSpec spec, String argument) {
    boolean option = argument.startsWith("-");
    String name = option ? argument.replaceFirst("=.*", "") : argument;
    Set<String> known = option ? spec.optionsMap().keySet() : spec.subcommands().keySet();
    return "'%s' is %s.%s"
        .formatted(
            name,
            option
                ? "not an option"
                : spec.parent() == null ? "not a command" : "one word too many",
            Settings.similar(name, known)
                .map(similar -> " Did you mean %s?".formatted(similar))
                .orElse(""));
  }

  private static int fail(Program program, Exception failure, CommandLine line) {
    PrintStream err = program.streams().err();
    switch (failure) {
      case UsageException usage -> {
        usage.sentences().forEach(sentence -> err.println("hatoba: " + sentence));
        return ExitCode.USAGE.code();
      }
      case StartupException told -> tell(program, line, String.valueOf(told.getMessage()));
      case BackupException told -> tell(program, line, String.valueOf(told.getMessage()));
      case RefusedException refused -> tell(program, line, refused.refusal().message() + ".");
      default -> failure.printStackTrace(err);
    }
    return ExitCode.FAILED.code();
  }

  private static void tell(Program program, CommandLine line, String sentence) {
    program.streams().err().println("hatoba: " + sentence);
    Object command = line.getCommand();
    if (command instanceof Command told && told.json) {
      program.streams().out().print(Documents.write(Map.of("error", sentence)));
    }
  }

  /** For the reference: a command and those below it, as {@code hatoba backup hold}. */
  static List<CommandLine> all(CommandLine line) {
    List<CommandLine> all = new ArrayList<>();
    if (!line.getCommandSpec().usageMessage().hidden()) {
      all.add(line);
      new LinkedHashSet<>(line.getSubcommands().values()).forEach(below -> all.addAll(all(below)));
    }
    return all;
  }
}
