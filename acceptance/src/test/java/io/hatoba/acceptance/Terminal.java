package io.hatoba.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A shell with a home folder of its own, in which commands are written as a user types them.
 *
 * <p>Programs are looked for on the PATH of the tests. A program that is missing fails the test
 * with the name of the script that installs it.
 */
public final class Terminal {

  /**
   * Far beyond what any command here takes: it only keeps a hanging client from holding up the
   * whole run.
   */
  private static final long LIMIT_MINUTES = 5;

  private final Path home;
  private final Map<String, String> environment = new LinkedHashMap<>();

  /**
   * A shell whose {@code HOME} and working folder is {@code home}, which is made when it is absent.
   */
  public Terminal(Path home) {
    try {
      this.home = Files.createDirectories(home);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    environment.put("HOME", home.toString());
    environment.put("PATH", System.getenv("PATH") + ":/usr/sbin:/sbin");
    environment.put("LC_ALL", "C.UTF-8");
  }

  /** Sets a variable for all later commands. */
  public Terminal with(String name, String value) {
    environment.put(name, value);
    return this;
  }

  public Path home() {
    return home;
  }

  /** Runs a command line that must succeed, and answers what it wrote to standard output. */
  public String run(String line, Object... values) {
    return runAndLook(line, values).succeeded().output();
  }

  /**
   * Runs a command line, whatever comes of it. {@code line} is a format, each value of which is
   * quoted.
   */
  public Ran runAndLook(String line, Object... values) {
    String command = line.formatted(quoted(values));
    try {
      Path output = Files.createTempFile(home, ".out", "");
      Path errors = Files.createTempFile(home, ".err", "");
      try {
        ProcessBuilder builder =
            new ProcessBuilder("bash", "-euo", "pipefail", "-c", command)
                .directory(home.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
          process.descendants().forEach(ProcessHandle::destroyForcibly);
          process.destroyForcibly();
          throw new AssertionError(
              "still running after %d minutes: %s%n%s%n%s"
                  .formatted(
                      LIMIT_MINUTES, command, Files.readString(output), Files.readString(errors)));
        }
        return new Ran(
            command,
            process.exitValue(),
            new String(Files.readAllBytes(output), UTF_8),
            new String(Files.readAllBytes(errors), UTF_8));
      } finally {
        Files.delete(output);
        Files.delete(errors);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while running " + command, e);
    }
  }

  private static Object[] quoted(Object[] values) {
    Object[] quoted = new Object[values.length];
    for (int i = 0; i < values.length; i++) {
      quoted[i] = "'" + values[i].toString().replace("'", "'\\''") + "'";
    }
    return quoted;
  }

  /** A command that ended. */
  public record Ran(String command, int exit, String output, String errors) {

    private static final int NOT_FOUND = 127;

    /** This command, of which the exit code must be 0. */
    public Ran succeeded() {
      assertFound();
      assertThat(exit).as(this::describe).isZero();
      return this;
    }

    /** This command, which must have ended with an error of its own. */
    public Ran failed() {
      assertFound();
      assertThat(exit).as(this::describe).isNotZero();
      return this;
    }

    /** Both streams, for clients that are not of one mind on which of them a message belongs to. */
    public String text() {
      return output + errors;
    }

    private void assertFound() {
      assertThat(exit)
          .as(() -> "a program is missing, run script/tools: " + describe())
          .isNotEqualTo(NOT_FOUND);
    }

    private String describe() {
      return "exit %d of: %s%n%s%n%s".formatted(exit, command, output, errors);
    }
  }
}
