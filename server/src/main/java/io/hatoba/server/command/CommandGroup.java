package io.hatoba.server.command;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Commands under one word, which does nothing by itself. */
abstract class CommandGroup implements Runnable {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this text.")
  boolean help;

  @Override
  public final void run() {
    throw new ParameterException(
        spec.commandLine(),
        "A command must follow: " + String.join(", ", spec.subcommands().keySet()));
  }
}
