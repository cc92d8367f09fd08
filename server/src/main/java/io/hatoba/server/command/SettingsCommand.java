package io.hatoba.server.command;

import picocli.CommandLine;

/** A group of commands. */
@CommandLine.Command(
    name = "settings",
    synopsisSubcommandLabel = "COMMAND",
    description = "Commands for the settings of the server.")
final class SettingsCommand extends CommandGroup {}
