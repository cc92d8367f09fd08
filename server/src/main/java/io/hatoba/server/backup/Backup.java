package io.hatoba.server.backup;

import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.server.content.StorageHolds;
import io.hatoba.server.database.Databases;
import io.hatoba.server.database.SqliteFile;
import io.hatoba.server.storage.FileStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Makes one backup of a data folder with SQLite and files, while a server may run on it:
 *
 * <pre>
 * hold the storage              from here on no object is removed
 * copy the database             one snapshot, in a folder of its own
 * copy what the copy names      what is there from an older backup stays
 * write backup.json             the hold was in force without a gap: the backup is whole
 * release
 * </pre>
 *
 * <p>A kill at any point leaves older backups as they were, and a folder without {@code
 * backup.json}; the hold ends by itself.
 */
public final class Backup {
  private static final Logger LOG = Logger.getLogger(Backup.class);

  private final Path data;
  private final Path target;
  private final Options options;
  private final StorageHolds holds;
  private final InstantSource clock;

  /**
   * Prepares one.
   *
   * @param data the folder of the server
   */
  public Backup(Path data, Path target, Options options, StorageHolds holds, InstantSource clock) {
    this.data = data.toAbsolutePath().normalize();
    this.target = target.toAbsolutePath().normalize();
    this.options = options;
    this.holds = holds;
    this.clock = clock;
  }

  /**
   * What is wanted.
   *
   * @param link makes hard links of objects in place of copies
   * @param verifyAll reads also the objects that an older backup has copied
   * @param keep how many backups to leave, this one included; empty leaves all
   * @param program the version of this program
   */
  public record Options(boolean link, boolean verifyAll, Optional<Integer> keep, String program) {}

  /**
   * What was made.
   *
   * @param pruned the backups that were removed since enough newer ones are there
   */
  public record Made(Path path, BackupManifest manifest, List<String> pruned) {}

  /**
   * Makes it.
   *
   * @param source the database of the data folder
   * @throws BackupException if there is none then
   */
  public Made run(SqliteFile source) {
    if (target.startsWith(data)) {
      throw new BackupException(
          "%s is inside the data folder %s. Choose a folder on another disk."
              .formatted(target, data));
    }
    try (BackupFolder folder = BackupFolder.openToWrite(target)) {
      Path entry = folder.newEntry(clock.instant());
      try (KeptHold hold = KeptHold.place(holds, "backup to " + entry)) {
        return run(folder, entry, source, hold);
      } catch (RuntimeException | IOException e) {
        forget(entry);
        throw e;
      }
    } catch (IOException e) {
      throw new BackupException(
          "The backup cannot be written to %s (%s). Check the space and the permissions there."
              .formatted(target, e),
          e);
    }
  }

  private Made run(BackupFolder folder, Path entry, SqliteFile source, KeptHold hold)
      throws IOException {
    Instant started = clock.instant();
    Path database = entry.resolve(Databases.FILE);
    source.copyTo(database);
    Disk.makePrivate(database);
    long forgotten = prepare(database);
    Disk.sync(database);
    ObjectCopies copies =
        new ObjectCopies(
            data.resolve(FileStorage.FOLDER),
            folder.objects(),
            new ObjectCopies.Mode(options.link(), options.verifyAll()));
    BackupManifest manifest;
    try (SqliteFile copy = SqliteFile.frozen(database)) {
      copies.run(copy, hold::check);
      NamedObject.Total total = NamedObject.total(copy);
      manifest =
          new BackupManifest(
              BackupManifest.FORMAT,
              options.program(),
              Databases.schemaOf(copy).orElseThrow(),
              started,
              clock.instant(),
              new BackupManifest.DatabaseCopy(
                  Databases.FILE,
                  Files.size(database),
                  Disk.digest(database, DigestAlgorithm.SHA256).toString()),
              new BackupManifest.Objects(
                  total.count(), total.bytes(), copies.copied(), copies.copiedBytes()),
              forgotten,
              copies.problems().kept());
    }
    Disk.syncFolder(entry);
    Disk.syncFolder(folder.backups());
    Disk.syncFolder(folder.path());
    hold.check();
    manifest.write(entry);
    List<String> pruned =
        options.keep().isPresent()
            ? Pruning.of(folder).keep(options.keep().get(), entry)
            : List.of();
    return new Made(entry, manifest, pruned);
  }

  /**
   * Takes out what makes no sense in a copy: holds, and uploads whose bytes are in objects that are
   * still being written.
   *
   * @return how many uploads
   */
  private static long prepare(Path database) {
    try (SqliteFile copy = SqliteFile.sole(database)) {
      return copy.write(
          handle -> {
            handle.execute("DELETE FROM storage_hold");
            return (long)
                handle.execute(
                    "DELETE FROM upload WHERE object_key IS NOT NULL AND finished_digest IS NULL");
          });
    }
  }

  private static void forget(Path entry) {
    try {
      Disk.deleteTree(entry);
    } catch (IOException e) {
      LOG.warnf(e, "failed to remove a backup that is not whole path=%s", entry);
    }
  }
}
