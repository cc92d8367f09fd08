package io.hatoba.server.backup;

import io.hatoba.server.database.Databases;
import io.hatoba.server.database.SqliteFile;
import io.hatoba.server.storage.FileStorage;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Makes a data folder of a backup:
 *
 * <pre>
 * DIR/restoring/hatoba.db, DIR/restoring/objects/    copied and verified
 * DIR/objects/                                       renamed when all of it is there and synced
 * DIR/hatoba.db                                      renamed last
 * </pre>
 *
 * <p>All or nothing: a failure leaves the folder as empty as it was; a kill leaves {@code
 * restoring}, and no second restore goes there until somebody has emptied the folder.
 */
public final class Restore {
  private static final Logger LOG = Logger.getLogger(Restore.class);
  private static final String STAGE = "restoring";
  private static final String LOST_AND_FOUND = "lost+found";
  private static final long SPARE = 64 << 20;

  private Restore() {}

  /**
   * What was restored.
   *
   * @param backup where it comes from
   * @param missing blobs that are in no storage any more
   */
  public record Restored(Path backup, BackupManifest manifest, List<Problem> missing) {}

  /**
   * Restores.
   *
   * @param path the folder of the backups, for the newest whole one, or {@code DIR/backups/NAME}
   * @param data is empty or not there
   * @param acceptMissing whether to go on without objects that the backup lacks
   * @throws BackupException if it is impossible: nothing was restored
   */
  public static Restored run(Path path, Path data, boolean acceptMissing) {
    Optional<Path> parent = BackupFolder.parentOf(path);
    Path target = data.toAbsolutePath().normalize();
    requireEmpty(target);
    try (BackupFolder folder = BackupFolder.openToRead(parent.orElse(path))) {
      BackupFolder.Entry entry = folder.find(parent.map(_ -> path.toAbsolutePath().normalize()));
      Verification.wrong(entry)
          .ifPresent(
              wrong -> {
                throw new BackupException(
                    "%s %s. Restore another backup of this folder, by its name."
                        .formatted(entry.database(), wrong));
              });
      Disk.makePrivateFolder(target);
      requireSpace(target, entry.manifest());
      Path stage = target.resolve(STAGE);
      try {
        return new Restored(
            entry.path(), entry.manifest(), copy(entry, stage, target, acceptMissing));
      } catch (IOException | RuntimeException e) {
        forget(target);
        throw e;
      }
    } catch (IOException e) {
      throw new BackupException(
          "The data folder %s cannot be written (%s). Check the space and the permissions there."
              .formatted(target, e),
          e);
    }
  }

  private static List<Problem> copy(
      BackupFolder.Entry entry, Path stage, Path target, boolean acceptMissing) throws IOException {
    Path database = stage.resolve(Databases.FILE);
    Path objects = stage.resolve(FileStorage.FOLDER);
    Disk.makePrivateFolder(objects);
    Files.copy(entry.database(), database);
    Disk.makePrivate(database);
    Disk.sync(database);
    ObjectCopies copies =
        new ObjectCopies(entry.objects(), objects, new ObjectCopies.Mode(false, false));
    try (SqliteFile copy = SqliteFile.frozen(entry.database())) {
      Verification.knownSchema(copy);
      copies.run(copy, () -> {});
    }
    List<Problem> missing = copies.problems().kept();
    if (!missing.isEmpty() && !acceptMissing) {
      throw new BackupException(
          "%d objects of the backup are missing or damaged, the first: %s. Restore another backup, or take this one as it is with --accept-missing."
              .formatted(copies.problems().count(), missing.getFirst()));
    }
    Disk.syncFolder(stage);
    Files.move(objects, target.resolve(FileStorage.FOLDER), StandardCopyOption.ATOMIC_MOVE);
    Disk.syncFolder(target);
    Files.move(database, target.resolve(Databases.FILE), StandardCopyOption.ATOMIC_MOVE);
    Disk.syncFolder(target);
    Files.delete(stage);
    return missing;
  }

  private static void requireEmpty(Path target) {
    if (!Files.exists(target)) {
      return;
    }
    try (DirectoryStream<Path> children = Files.newDirectoryStream(target)) {
      for (Path child : children) {
        String name = String.valueOf(child.getFileName());
        if (name.equals(STAGE)) {
          throw new BackupException(
              "%s has a restore that was interrupted. Delete what is in that folder, and restore again."
                  .formatted(target));
        }
        if (!name.equals(LOST_AND_FOUND)) {
          throw new BackupException(
              "%s is not empty: it has %s. Name a folder with --data that is empty or does not exist."
                  .formatted(target, name));
        }
      }
    } catch (IOException e) {
      throw new BackupException("The data folder %s cannot be read (%s).".formatted(target, e), e);
    }
  }

  private static void requireSpace(Path target, BackupManifest manifest) throws IOException {
    long needed = manifest.database().size() + manifest.objects().bytes() + SPARE;
    long free = Files.getFileStore(target).getUsableSpace();
    if (free < needed) {
      throw new BackupException(
          "The disk of %s has %d MiB free, and the backup needs %d MiB. Free space there, or restore to another disk."
              .formatted(target, free >> 20, (needed >> 20) + 1));
    }
  }

  private static void forget(Path target) {
    try {
      if (!Files.exists(target.resolve(Databases.FILE))) {
        Disk.deleteTree(target.resolve(FileStorage.FOLDER));
      }
      Disk.deleteTree(target.resolve(STAGE));
    } catch (IOException e) {
      LOG.warnf(e, "failed to remove what was restored in part path=%s", target);
    }
  }
}
