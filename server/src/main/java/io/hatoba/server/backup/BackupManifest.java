package io.hatoba.server.backup;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.hatoba.oci.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;

/**
 * What a backup says of itself, {@code backup.json}. It is written last, so that a backup without
 * it is not whole.
 *
 * @param format of the folder; this program knows {@value #FORMAT}
 * @param program the version that made it
 * @param schema the number of the last migration of the database
 * @param forgottenUploads uploads that were under way and whose bytes are not part of the backup
 * @param missing blobs whose bytes were lost or damaged in the storage before the backup
 */
public record BackupManifest(
    int format,
    String program,
    int schema,
    Instant startedAt,
    Instant finishedAt,
    DatabaseCopy database,
    Objects objects,
    long forgottenUploads,
    List<Problem> missing) {
  static final String FILE = "backup.json";
  static final int FORMAT = 1;
  private static final long LONGEST = 16 << 20;

  public BackupManifest {
    missing = List.copyOf(missing);
  }

  /** The file of the database. */
  public record DatabaseCopy(String file, long size, String digest) {
    Digest parsedDigest() {
      return Digest.parse(digest);
    }
  }

  /**
   * The objects that the database names.
   *
   * @param copied how many of them this backup added to the folder
   */
  public record Objects(long count, long bytes, long copied, long copiedBytes) {}

  /** Writes it at once or not at all, and synced. */
  void write(Path folder) throws IOException {
    Path part = folder.resolve(FILE + ".part");
    Files.writeString(part, Documents.write(this), StandardCharsets.UTF_8);
    Disk.makePrivate(part);
    Disk.sync(part);
    Files.move(part, folder.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    Disk.syncFolder(folder);
  }

  /**
   * Reads it.
   *
   * @throws BackupException if it is damaged or of a later format
   */
  static BackupManifest read(Path folder) {
    Path file = folder.resolve(FILE);
    try {
      if (Files.size(file) > LONGEST) {
        throw new BackupException("%s is longer than any that Hatoba writes.".formatted(file));
      }
      BackupManifest manifest = Documents.read(Files.readAllBytes(file), BackupManifest.class);
      if (manifest.format != FORMAT) {
        throw new BackupException(
            "%s has the format %d; this version of Hatoba knows %d. Use the version that made it: %s."
                .formatted(file, manifest.format, FORMAT, manifest.program));
      }
      return manifest;
    } catch (JsonProcessingException e) {
      throw new BackupException("%s is damaged (%s).".formatted(file, e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new BackupException("%s cannot be read (%s).".formatted(file, e), e);
    }
  }
}
