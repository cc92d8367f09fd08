package io.hatoba.server.startup;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The folder that holds the database file and the objects, owned by one process at a time.
 *
 * <pre>
 * DIR/lock        an operating system lock while a server runs; holds its process id
 * DIR/node        the name of this server among those that share a database
 * DIR/hatoba.db   the database, when it is SQLite (and -wal, -shm beside it)
 * DIR/objects/    the bytes of blobs, when they are files
 * </pre>
 *
 * <p>The lock goes with the process, however that ends; a {@code lock} file that is left behind
 * means nothing.
 */
public final class DataFolder implements AutoCloseable {
  private static final Pattern PID = Pattern.compile("[0-9]{1,10}");

  private final Path path;
  private final FileChannel channel;
  private final FileLock lock;

  private DataFolder(Path path, FileChannel channel, FileLock lock) {
    this.path = path;
    this.channel = channel;
    this.lock = lock;
  }

  /**
   * Creates the folder if it is missing, readable by its owner only, and takes its lock.
   *
   * @throws StartupException if it cannot be created or written, or another process has it
   */
  public static DataFolder open(Path folder) {
    Path path = folder.toAbsolutePath().normalize();
    createFolder(path);
    Path file = path.resolve("lock");
    FileChannel channel;
    try {
      channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new StartupException(
          "The data folder %s cannot be written (%s). Give this user the right to write there, or set hatoba.data to another folder."
              .formatted(path, reason(e)),
          e);
    }
    try {
      FileLock lock = tryLock(channel);
      if (lock == null) {
        String owner = owner(file);
        channel.close();
        throw new StartupException(
            "The data folder %s is in use by %s. Stop that server first, or set hatoba.data to another folder."
                .formatted(path, owner));
      }
      channel.truncate(0);
      channel.write(
          ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.UTF_8)),
          0);
      return new DataFolder(path, channel, lock);
    } catch (IOException e) {
      throw new StartupException(
          "The data folder %s cannot be locked (%s). Use a folder on a file system with locks and free space, or set hatoba.data to another folder."
              .formatted(path, reason(e)),
          e);
    }
  }

  /** The folder. */
  public Path path() {
    return path;
  }

  /** A file or folder in it. */
  public Path resolve(String name) {
    return path.resolve(name);
  }

  /**
   * Who the server on this folder is; made by its first start.
   *
   * @throws StartupException if the file cannot be read or written
   */
  public NodeId node() {
    Path file = path.resolve("node");
    try {
      if (Files.exists(file)) {
        String known = Files.readString(file, StandardCharsets.UTF_8).strip();
        if (!known.isEmpty()) {
          return new NodeId(known);
        }
      }
      // A crash may leave an empty file; a server that never ran under a name has claimed nothing
      // with it.
      NodeId fresh = new NodeId(UUID.randomUUID().toString());
      Files.writeString(file, fresh.value() + "\n", StandardCharsets.UTF_8);
      return fresh;
    } catch (IOException e) {
      throw new StartupException(
          "The file %s cannot be read or written (%s). Give this user the right to, or set hatoba.data to another folder."
              .formatted(file, reason(e)),
          e);
    }
  }

  /** Gives the lock back. Call it after everything that uses the folder is closed. */
  @Override
  public void close() throws IOException {
    lock.release();
    channel.close();
  }

  private static void createFolder(Path path) {
    try {
      Path parent = path.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      if (!Files.isDirectory(path)) {
        Files.createDirectory(
            path,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
    } catch (IOException e) {
      throw new StartupException(
          "The data folder %s cannot be created (%s). Create it for this user, or set hatoba.data to another folder."
              .formatted(path, reason(e)),
          e);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // this very process has it
    }
  }

  private static String owner(Path file) throws IOException {
    String text = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
    return PID.matcher(text).matches() ? "process " + text : "another process";
  }

  private static String reason(IOException failure) {
    return switch (failure) {
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException _ -> "there is a file of that name";
      case FileSystemException e when e.getReason() != null -> e.getReason();
      default -> String.valueOf(failure.getMessage());
    };
  }
}
