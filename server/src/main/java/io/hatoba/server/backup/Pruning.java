package io.hatoba.server.backup;

import io.hatoba.oci.Digest;
import io.hatoba.server.database.Databases;
import io.hatoba.server.database.SqliteFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Removes old backups, then the objects that no backup names any more. The folder is locked. A kill
 * leaves objects that are of no use, which the next pruning removes.
 */
record Pruning(BackupFolder folder) {
  static Pruning of(BackupFolder folder) {
    return new Pruning(folder);
  }

  /**
   * Leaves so many whole backups, the newest; what was interrupted before the last one goes too.
   *
   * @param last was made just now and stays
   * @return the names of what went
   */
  List<String> keep(int wanted, Path last) throws IOException {
    List<Path> kept = new ArrayList<>(List.of(last));
    List<String> removed = new ArrayList<>();
    for (Path entry : folder.entries().reversed()) {
      if (entry.equals(last)) {
        continue;
      }
      if (BackupFolder.isWhole(entry) && kept.size() < wanted) {
        kept.add(entry);
        continue;
      }
      // The manifest first: what is half removed is not whole.
      Files.deleteIfExists(entry.resolve(BackupManifest.FILE));
      Disk.syncFolder(entry);
      Disk.deleteTree(entry);
      removed.add(String.valueOf(entry.getFileName()));
    }
    Disk.syncFolder(folder.backups());
    removeUnnamed(kept);
    return removed;
  }

  private void removeUnnamed(List<Path> kept) throws IOException {
    try (DirectoryStream<Path> outer = Files.newDirectoryStream(folder.objects())) {
      Set<String> named = named(kept);
      for (Path shard : outer) {
        try (DirectoryStream<Path> inner = Files.newDirectoryStream(shard)) {
          for (Path files : inner) {
            removeUnnamed(files, named);
          }
        }
      }
    }
  }

  private static void removeUnnamed(Path files, Set<String> named) throws IOException {
    try (DirectoryStream<Path> objects = Files.newDirectoryStream(files)) {
      for (Path object : objects) {
        if (!named.contains(String.valueOf(object.getFileName()))) {
          Files.delete(object);
        }
      }
    }
  }

  /** About 100 bytes of memory each: a gigabyte for ten million objects. */
  private static Set<String> named(List<Path> backups) {
    Set<String> named = new HashSet<>();
    for (Path backup : backups) {
      try (SqliteFile database = SqliteFile.frozen(backup.resolve(Databases.FILE))) {
        Optional<Digest> last = Optional.empty();
        List<NamedObject> page = NamedObject.page(database, last);
        while (!page.isEmpty()) {
          page.forEach(object -> named.add(object.objectKey()));
          last = Optional.of(page.getLast().digest());
          page = NamedObject.page(database, last);
        }
      }
    }
    return named;
  }
}
