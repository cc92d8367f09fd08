package io.hatoba.server.backup;

import io.hatoba.oci.Digest;
import io.hatoba.server.database.Database;
import io.hatoba.server.storage.FileStorage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Copies the objects that a database names from one folder of objects to another, each verified
 * while it is copied, by several threads. What is copied appears under its name when it is complete
 * and synced. Objects that are lost or damaged at the source are collected and do not stop the
 * others.
 */
final class ObjectCopies {
  private final Path from;
  private final Path to;
  private final Mode mode;
  private final Problems problems = new Problems();
  private final AtomicLong copied = new AtomicLong();
  private final AtomicLong copiedBytes = new AtomicLong();
  private final Set<Path> touched = ConcurrentHashMap.newKeySet();

  ObjectCopies(Path from, Path to, Mode mode) {
    this.from = from;
    this.to = to;
    this.mode = mode;
  }

  /**
   * How.
   *
   * @param link makes hard links in place of copies
   * @param verifyAll reads what is there already, and copies it again if it is damaged
   */
  record Mode(boolean link, boolean verifyAll) {}

  /**
   * Copies all that are not there yet, and syncs.
   *
   * @param beforeEachPage called now and then; what it throws ends the copy
   * @throws BackupException if the target cannot be written
   */
  void run(Database database, Runnable beforeEachPage) {
    try (Workers workers = new Workers("object-copy-")) {
      Optional<Digest> last = Optional.empty();
      List<NamedObject> page = NamedObject.page(database, last);
      while (!page.isEmpty()) {
        beforeEachPage.run();
        workers.forEach(page, this::copy);
        last = Optional.of(page.getLast().digest());
        page = NamedObject.page(database, last);
      }
      for (Path folder : touched) {
        Disk.syncFolder(folder);
      }
    } catch (IOException e) {
      throw new BackupException(
          "Objects cannot be written to %s (%s). Check the space and the permissions there."
              .formatted(to, e),
          e);
    }
  }

  Problems problems() {
    return problems;
  }

  long copied() {
    return copied.get();
  }

  long copiedBytes() {
    return copiedBytes.get();
  }

  private void copy(NamedObject object) throws IOException {
    Path target = FileStorage.path(to, object.key());
    if (isThere(object, target)) {
      return;
    }
    Path folder = parent(target);
    Files.createDirectories(folder);
    Path part = folder.resolve("." + object.objectKey() + ".part");
    Path source = FileStorage.path(from, object.key());
    Optional<String> wrong = mode.link() ? link(object, source, part) : copy(object, source, part);
    if (wrong.isPresent()) {
      Files.deleteIfExists(part);
      problems.add(object.digest().toString(), wrong.get() + " (object " + object.key() + ")");
      return;
    }
    Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    touched.add(folder);
    touched.add(parent(folder));
    touched.add(to);
    copied.incrementAndGet();
    copiedBytes.addAndGet(object.size());
  }

  private boolean isThere(NamedObject object, Path target) throws IOException {
    try {
      return Files.size(target) == object.size()
          && (!mode.verifyAll()
              || Disk.digest(target, object.digest().algorithm()).equals(object.digest()));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static Optional<String> link(NamedObject object, Path source, Path part)
      throws IOException {
    Optional<String> wrong = ObjectCheck.wrong(object, source);
    if (wrong.isEmpty()) {
      Files.deleteIfExists(part);
      Files.createLink(part, source);
    }
    return wrong;
  }

  private static Optional<String> copy(NamedObject object, Path source, Path part)
      throws IOException {
    MessageDigest digest = object.digest().algorithm().newMessageDigest();
    byte[] buffer = new byte[Disk.BUFFER];
    long size = 0;
    try (FileChannel out =
        FileChannel.open(
            part,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      try (Source in = Source.open(source)) {
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          digest.update(buffer, 0, read);
          size += read;
          ByteBuffer some = ByteBuffer.wrap(buffer, 0, read);
          while (some.hasRemaining()) {
            out.write(some);
          }
        }
      } catch (Source.UnreadableException e) {
        return Optional.of(String.valueOf(e.getMessage()));
      }
      out.force(true);
    }
    return ObjectCheck.wrong(object, size, Digest.finish(object.digest().algorithm(), digest));
  }

  private static Path parent(Path path) {
    Path parent = path.getParent();
    if (parent == null) {
      throw new IllegalArgumentException("not the path of an object: " + path);
    }
    return parent;
  }

  /** Tells what cannot be read from what cannot be written. */
  private record Source(InputStream in) implements AutoCloseable {
    static Source open(Path file) throws UnreadableException {
      try {
        return new Source(Files.newInputStream(file));
      } catch (NoSuchFileException e) {
        throw new UnreadableException("is missing", e);
      } catch (IOException e) {
        throw new UnreadableException("cannot be read (" + e + ")", e);
      }
    }

    int read(byte[] buffer) throws UnreadableException {
      try {
        return in.read(buffer);
      } catch (IOException e) {
        throw new UnreadableException("cannot be read (" + e + ")", e);
      }
    }

    @Override
    public void close() throws IOException {
      in.close();
    }

    static final class UnreadableException extends Exception {
      private static final long serialVersionUID = 1;

      UnreadableException(String message, Throwable cause) {
        super(message, cause);
      }
    }
  }
}
