package io.hatoba.server;

import io.hatoba.server.command.Commands;
import io.hatoba.server.command.Program;
import io.hatoba.server.startup.Setting;
import io.hatoba.server.startup.Settings;
import io.hatoba.server.startup.Settings.Outcome;
import io.hatoba.server.startup.StartupException;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The program: checks the settings, then starts Quarkus. If the first argument is no flag, it is a
 * command of the operator, and no server is started ({@link Commands}).
 *
 * <p>Exit codes: 0 after a stop by signal, {@code --help} or {@code --version}; 1 if it cannot
 * start, with a sentence on standard error that says what to change. Standard output carries what a
 * person or a script waits for (the first login, the ready line), standard error the log.
 */
@QuarkusMain
public final class Main {
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{7,64}");

  private Main() {}

  public static void main(String... arguments) {
    if (Commands.isCommand(List.of(arguments))) {
      System.exit(Commands.run(program(), List.of(arguments)));
    }
    Outcome outcome =
        Settings.read(
            Features.settings(), List.of(arguments), System.getenv(), System.getProperties());
    switch (outcome) {
      case Outcome.Accepted(var values) -> {
        values.forEach((key, value) -> System.setProperty(key, literal(value)));
        StopSignals.install();
        Quarkus.run(Server.class, Main::ended, arguments);
      }
      case Outcome.Help() -> help(System.out);
      case Outcome.Version() -> System.out.println("hatoba " + version());
      case Outcome.Refused(var sentences) -> {
        sentences.forEach(sentence -> System.err.println("hatoba: " + sentence));
        System.exit(1);
      }
    }
  }

  private static Program program() {
    return new Program(
        new Program.Version(version(), commit()),
        Features.settings(),
        Features::complaints,
        new Program.Surroundings(System.getenv(), System.getProperties()),
        new Program.Streams(System.in, System.out, System.err));
  }

  /**
   * Keeps Quarkus from replacing what looks like an expression: a password may hold any letter. A
   * backslash means something to it before a dollar only, so that no other one is doubled (SmallRye
   * Config 3.16).
   */
  static String literal(String value) {
    return value.replace("$", "\\$");
  }

  private static void ended(int code, @Nullable Throwable failure) {
    if (failure != null) {
      report(failure);
    }
    Foundation.close();
    System.exit(code);
  }

  /** A sentence for what a person can change; the whole story for what is a bug. */
  private static void report(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof StartupException || isRefusedSetting(cause)) {
        System.err.println("hatoba: " + cause.getMessage());
        return;
      }
      if (cause instanceof BindException || isBindFailure(cause)) {
        System.err.println(
            "hatoba: "
                + System.getProperty("hatoba.host")
                + ":"
                + System.getProperty("hatoba.port")
                + " cannot be listened on ("
                + cause.getMessage()
                + "). Stop what uses the port, or choose another one with --port or HATOBA_PORT.");
        return;
      }
    }
    failure.printStackTrace();
  }

  /** Some features refuse a value of their own in their constructor. */
  private static boolean isRefusedSetting(Throwable cause) {
    return cause instanceof IllegalArgumentException
        && String.valueOf(cause.getMessage()).startsWith(Settings.PREFIX);
  }

  /** The native transport has an exception of its own for what the JDK calls BindException. */
  private static boolean isBindFailure(Throwable cause) {
    return cause instanceof IOException && String.valueOf(cause.getMessage()).startsWith("bind(");
  }

  private static void help(PrintStream out) {
    out.println(
        """
        Hatoba is a container registry.

          --config FILE       a properties file with settings
          --version           which version this is
          --help              this text

          help                what else it does: backup, restore, verify and other commands

        Settings (flag, environment variable, default):
        """);
    for (Setting setting : Features.settings()) {
      out.printf(
          "  %-28s %-36s %s%n",
          setting.secret() ? "" : setting.flag(),
          setting.variable(),
          setting.defaultValue().orElse(""));
    }
    out.println();
    out.println("What they do: docs/reference/configuration.md");
  }

  /** The version of this program. */
  static String version() {
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  /** What this program was built from; empty if the build did not say. */
  private static Optional<String> commit() {
    try (InputStream in = Main.class.getResourceAsStream("commit.txt")) {
      return in == null
          ? Optional.empty()
          : Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8).strip())
              .filter(text -> COMMIT.matcher(text).matches());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
