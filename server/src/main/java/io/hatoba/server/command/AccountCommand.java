package io.hatoba.server.command;

import picocli.CommandLine;

/** A group of commands. */
@CommandLine.Command(
    name = "account",
    synopsisSubcommandLabel = "COMMAND",
    description = "Commands for accounts, when nobody can sign in.")
final class AccountCommand extends CommandGroup {}
