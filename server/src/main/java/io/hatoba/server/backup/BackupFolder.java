package io.hatoba.server.backup;

import io.hatoba.server.database.Databases;
import io.hatoba.server.storage.FileStorage;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A folder with backups, which share their objects.
 *
 * <pre>
 * DIR/lock                                        locked while a backup is made, shared by readers
 * DIR/objects/3f/a0/3fa0c1…                       as in the data folder; complete or not there
 * DIR/objects/3f/a0/.3fa0c1….part                 being copied, or left over from a crash
 * DIR/backups/2026-11-24T13-20-05.123Z/hatoba.db  one file, without a log beside it
 * DIR/backups/2026-11-24T13-20-05.123Z/backup.json  {@link BackupManifest}; the backup is whole
 * </pre>
 *
 * <p>A backup never changes an older one. One without {@code backup.json} was interrupted.
 */
public final class BackupFolder implements AutoCloseable {
  private static final String LOCK = "lock";
  private static final String BACKUPS = "backups";
  private static final DateTimeFormatter NAME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH-mm-ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);
  private static final Pattern NAMES =
      Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\d-\\d\\d\\.\\d{3}Z");

  private final Path path;
  private final @Nullable FileChannel channel;

  private BackupFolder(Path path, @Nullable FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * One backup of the folder.
   *
   * @param path its own folder
   */
  public record Entry(Path path, Path objects, Path database, BackupManifest manifest) {}

  /**
   * Makes the folder if it is missing, and keeps every other backup and reader out.
   *
   * @throws BackupException if it cannot be written or somebody uses it
   */
  static BackupFolder openToWrite(Path folder) {
    Path path = folder.toAbsolutePath().normalize();
    try {
      if (Files.exists(path.resolve(Databases.FILE))) {
        throw new BackupException(
            "%s is a data folder of a server. Choose another folder for backups.".formatted(path));
      }
      Disk.makePrivateFolder(path.resolve(FileStorage.FOLDER));
      Disk.makePrivateFolder(path.resolve(BACKUPS));
      FileChannel channel =
          FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      lock(path, channel, false);
      return new BackupFolder(path, channel);
    } catch (IOException e) {
      throw new BackupException(
          "The folder %s cannot be written (%s). Give this user the right to write there, or choose another one."
              .formatted(path, e),
          e);
    }
  }

  /**
   * Keeps backups out while it is read.
   *
   * @throws BackupException if it is not there or a backup is being made
   */
  static BackupFolder openToRead(Path folder) {
    Path path = folder.toAbsolutePath().normalize();
    if (!Files.isDirectory(path.resolve(BACKUPS))) {
      throw new BackupException(
          "There is no backup in %s: it has no folder %s.".formatted(path, BACKUPS));
    }
    try {
      FileChannel channel = FileChannel.open(path.resolve(LOCK), StandardOpenOption.READ);
      lock(path, channel, true);
      return new BackupFolder(path, channel);
    } catch (NoSuchFileException e) {
      return new BackupFolder(path, null); // a copy of a backup need not have it
    } catch (IOException e) {
      throw new BackupException("The folder %s cannot be read (%s).".formatted(path, e), e);
    }
  }

  /** Splits {@code DIR/backups/NAME} into DIR and NAME; anything else is a DIR. */
  static Optional<Path> parentOf(Path named) {
    Path path = named.toAbsolutePath().normalize();
    Path backups = path.getParent();
    boolean entry =
        backups != null
            && backups.endsWith(BACKUPS)
            && NAMES.matcher(String.valueOf(path.getFileName())).matches();
    return entry && backups != null ? Optional.ofNullable(backups.getParent()) : Optional.empty();
  }

  private static void lock(Path path, FileChannel channel, boolean shared) throws IOException {
    FileLock lock;
    try {
      lock = channel.tryLock(0, Long.MAX_VALUE, shared);
    } catch (OverlappingFileLockException e) {
      lock = null; // this very process has it
    }
    if (lock == null) {
      channel.close();
      throw new BackupException(
          "%s is in use by another backup, verification or restore. Wait until it has ended."
              .formatted(path));
    }
  }

  Path path() {
    return path;
  }

  Path objects() {
    return path.resolve(FileStorage.FOLDER);
  }

  Path backups() {
    return path.resolve(BACKUPS);
  }

  /** Makes the folder of a new backup. */
  Path newEntry(Instant at) throws IOException {
    Path entry = backups().resolve(NAME.format(at));
    if (Files.exists(entry)) {
      throw new BackupException(
          "There is a backup %s already; is the clock right?".formatted(entry));
    }
    Disk.makePrivateFolder(entry);
    return entry;
  }

  /** The folders of all backups, whole or not, oldest first. */
  List<Path> entries() throws IOException {
    List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> children = Files.newDirectoryStream(backups())) {
      for (Path child : children) {
        if (NAMES.matcher(String.valueOf(child.getFileName())).matches()) {
          entries.add(child);
        }
      }
    }
    entries.sort(null);
    return entries;
  }

  static boolean isWhole(Path entry) {
    return Files.exists(entry.resolve(BackupManifest.FILE));
  }

  /**
   * The backup with this name, or the newest whole one.
   *
   * @throws BackupException if there is none
   */
  Entry find(Optional<Path> named) {
    try {
      List<Path> entries = named.isPresent() ? List.of(named.get()) : entries();
      Path newest =
          entries.reversed().stream()
              .filter(BackupFolder::isWhole)
              .findFirst()
              .orElseThrow(
                  () ->
                      new BackupException(
                          entries.isEmpty()
                              ? "There is no backup in %s.".formatted(path)
                              : "No backup in %s is whole: %s was interrupted before it wrote %s. Make a new one."
                                  .formatted(
                                      path, entries.getLast().getFileName(), BackupManifest.FILE)));
      BackupManifest manifest = BackupManifest.read(newest);
      return new Entry(newest, objects(), newest.resolve(Databases.FILE), manifest);
    } catch (IOException e) {
      throw new BackupException("The folder %s cannot be read (%s).".formatted(path, e), e);
    }
  }

  @Override
  public void close() {
    if (channel == null) {
      return;
    }
    try {
      channel.close();
    } catch (IOException e) {
      throw new BackupException("The lock of %s cannot be released (%s).".formatted(path, e), e);
    }
  }
}
