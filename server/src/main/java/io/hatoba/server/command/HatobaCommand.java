package io.hatoba.server.command;

import picocli.CommandLine;

/** The command that all others are part of. */
@CommandLine.Command(
    name = "hatoba",
    synopsisSubcommandLabel = "COMMAND",
    description = "What the operator of a Hatoba registry does beside the running server.",
    footer = {
      "",
      "Settings are those of the server and come from the same places: flags such as --data DIR,",
      "variables HATOBA_…, and the file named by --config. See docs/reference/command.md."
    })
final class HatobaCommand extends CommandGroup {}
