package io.hatoba.server.command;

import io.hatoba.server.content.StorageHolds;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Databases;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;

/** Lists the holds in force. */
@CommandLine.Command(
    name = "holds",
    description = "Lists the holds in force: id, when it ends, and what for.")
final class BackupHoldsCommand extends Command {
  BackupHoldsCommand(Program program) {
    super(program);
  }

  @Override
  ExitCode run() {
    Map<String, String> settings = settings();
    try (Database database = Databases.beside(databaseConfig(settings), data(settings))) {
      List<StorageHolds.Hold> holds = holds(database).list();
      answer(
          Map.of("holds", holds.stream().map(BackupHoldCommand.Shown::of).toList()),
          holds.stream()
              .map(hold -> "%d  %s  %s%n".formatted(hold.id(), hold.expiresAt(), hold.reason()))
              .collect(Collectors.joining()));
    }
    return ExitCode.OK;
  }
}
