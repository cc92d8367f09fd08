package io.hatoba.server.storage;

import io.hatoba.server.startup.StartupException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;

/**
 * Objects as files on a local disk.
 *
 * <pre>
 * DIR/objects/                                          {@link #FOLDER}, made at the start
 * DIR/objects/3f/                                       the first two characters of the key
 * DIR/objects/3f/a0/                                    the next two
 * DIR/objects/3f/a0/3fa0c1…                             the object: its bytes and nothing else
 * </pre>
 *
 * <p>A file is written where it stays: no temporary name, no rename, no copy. So nothing in the
 * folder says whether a file is finished; a row in the database does, which is written after {@link
 * ObjectWriter#finish()} returned. A file that no row names is left over from a crash and is found
 * by {@link #list}.
 *
 * <p>Finishing syncs the file, then the folder that has its name, then, once for each folder and
 * process, the folders above. While a large object streams in, its bytes are sent to the disk early
 * by a thread in the background, so that the sync at the end has little to do ({@link FileWriter}).
 *
 * <p>Costs: create, resume, delivery and delete touch one path; a page of {@link #list} reads the
 * folders it crosses and never the whole tree.
 */
public final class FileStorage implements Storage {
  /** The name of the folder of the objects in the data folder. */
  public static final String FOLDER = "objects";

  private static final Pattern SHARD = Pattern.compile("[0-9a-f]{2}");
  private static final Pattern NAME = Pattern.compile("[0-9a-f]{32}");

  private final Path objects;
  private final ExecutorService flushers =
      Executors.newCachedThreadPool(
          Thread.ofPlatform().name("object-flusher-", 0).daemon().factory());
  private final Set<Path> durableFolders = ConcurrentHashMap.newKeySet();

  private FileStorage(Path objects) {
    this.objects = objects;
  }

  /**
   * Uses, and makes if it is missing, {@code folder/objects}.
   *
   * @throws StartupException if nothing can be written there
   */
  public static FileStorage open(Path folder) {
    Path objects = folder.toAbsolutePath().normalize().resolve(FOLDER);
    try {
      Files.createDirectories(objects);
      Path probe = Files.createTempFile(objects, "probe-", ".tmp");
      Files.delete(probe);
      syncFolder(objects);
      Path parent = objects.getParent();
      if (parent != null) {
        syncFolder(parent);
      }
    } catch (IOException e) {
      throw new StartupException(
          "The folder %s cannot be written (%s). Check its permissions, its mount and the space on its disk, or set hatoba.data to another folder."
              .formatted(objects, e),
          e);
    }
    return new FileStorage(objects);
  }

  /** Where an object is, or would be, in a folder {@code objects}. */
  public static Path path(Path objects, ObjectKey key) {
    String id = key.id();
    return objects.resolve(id.substring(0, 2)).resolve(id.substring(2, 4)).resolve(id);
  }

  @Override
  public ObjectWriter create(ObjectKey key) throws IOException {
    Path path = path(key);
    return new FileWriter(this, key, path, openNew(path), 0, flushers);
  }

  @Override
  public ObjectWriter resume(ObjectKey key, WriteState state) throws IOException {
    Path path = path(key);
    FileChannel channel;
    try {
      channel = FileChannel.open(path, StandardOpenOption.WRITE);
    } catch (NoSuchFileException e) {
      throw new ObjectLostException(key, "there is no such file");
    }
    try {
      long size = channel.size();
      if (size < state.size()) {
        throw new ObjectLostException(
            key, "the file has %d bytes of %d".formatted(size, state.size()));
      }
      channel.truncate(state.size());
      channel.position(state.size());
      return new FileWriter(this, key, path, channel, state.size(), flushers);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  @Override
  public InputStream read(ObjectKey key, long offset, long length) throws IOException {
    try {
      return new RangeStream(FileChannel.open(path(key), StandardOpenOption.READ), offset, length);
    } catch (NoSuchFileException e) {
      throw new ObjectLostException(key, "there is no such file");
    }
  }

  @Override
  public Delivery delivery(ObjectKey key) {
    return new Delivery.LocalFile(path(key));
  }

  @Override
  public void delete(ObjectKey key) throws IOException {
    Files.deleteIfExists(path(key));
  }

  @Override
  public List<Listed> list(Optional<ObjectKey> after, int limit) throws IOException {
    if (limit < 1) {
      throw new IllegalArgumentException("a page has at least one object");
    }
    String last = after.map(ObjectKey::id).orElse("");
    List<Listed> page = new ArrayList<>();
    for (String outer : names(objects, SHARD, prefix(last, 0))) {
      Path folder = objects.resolve(outer);
      for (String inner : names(folder, SHARD, last.startsWith(outer) ? prefix(last, 2) : "")) {
        addShard(folder.resolve(inner), last, limit, page);
        if (page.size() == limit) {
          return page;
        }
      }
    }
    return page;
  }

  /** Makes the name of a file durable. Called by its writer after the bytes are. */
  void syncNameOf(Path path) throws IOException {
    Path inner = objects.resolve(path).getParent();
    Path outer = inner == null ? null : inner.getParent();
    if (inner == null || outer == null) {
      throw new IllegalArgumentException("not the path of an object: " + path);
    }
    syncFolder(inner);
    // A crash may have left folders that were made and never synced, so "it exists" is not enough.
    if (!durableFolders.contains(inner)) {
      syncFolder(outer);
      durableFolders.add(inner);
    }
    if (!durableFolders.contains(outer)) {
      syncFolder(objects);
      durableFolders.add(outer);
    }
  }

  private static void addShard(Path shard, String last, int limit, List<Listed> page)
      throws IOException {
    for (String name : names(shard, NAME, last)) {
      if (page.size() == limit) {
        return;
      }
      if (!name.equals(last)) {
        listed(shard.resolve(name), new ObjectKey(name)).ifPresent(page::add);
      }
    }
  }

  /** Empty if it was deleted meanwhile. */
  private static Optional<Listed> listed(Path path, ObjectKey key) throws IOException {
    try {
      BasicFileAttributes file = Files.readAttributes(path, BasicFileAttributes.class);
      return Optional.of(new Listed(key, file.size(), file.lastModifiedTime().toInstant()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** The names in a folder that match and are not before {@code from}, in order. */
  private static List<String> names(Path folder, Pattern grammar, String from) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        String name = String.valueOf(entry.getFileName());
        if (grammar.matcher(name).matches() && name.compareTo(from) >= 0) {
          names.add(name);
        }
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    }
    names.sort(null);
    return names;
  }

  private static String prefix(String key, int from) {
    return key.isEmpty() ? "" : key.substring(from, from + 2);
  }

  private static FileChannel openNew(Path path) throws IOException {
    try {
      return FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (NoSuchFileException e) {
      return openNewInNewFolder(path);
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (IOException e) {
      throw FileWriter.told(e);
    }
  }

  private static FileChannel openNewInNewFolder(Path path) throws IOException {
    try {
      Path shard = path.getParent();
      if (shard != null) {
        Files.createDirectories(shard);
      }
      return FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw FileWriter.told(e);
    }
  }

  private Path path(ObjectKey key) {
    return path(objects, key);
  }

  /** Java opens a folder for reading and syncs it, on Linux and macOS. */
  private static void syncFolder(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      throw FileWriter.told(e);
    }
  }
}
