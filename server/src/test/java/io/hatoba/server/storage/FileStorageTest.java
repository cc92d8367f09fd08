package io.hatoba.server.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.server.startup.StartupException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class FileStorageTest extends StorageContract {
  @Override
  Storage open() {
    return FileStorage.open(dir);
  }

  @AfterEach
  void noFileStaysOpen() throws IOException {
    try (Stream<Path> handles = Files.list(Path.of("/proc/self/fd"))) {
      assertThat(handles.map(FileStorageTest::target)).noneMatch(file -> file.startsWith(dir));
    }
  }

  private static Path target(Path handle) {
    try {
      return Files.readSymbolicLink(handle);
    } catch (IOException e) {
      return handle; // closed since it was listed
    }
  }

  @Test
  void theLayoutIsTheOneOfTheDocumentation() throws IOException {
    ObjectKey key = store(new ObjectKey("3fa0c1" + "0".repeat(26)), "hello");

    assertThat(dir.resolve("objects/3f/a0/" + key)).hasContent("hello");
    assertThat(storage.delivery(key))
        .isEqualTo(new Delivery.LocalFile(dir.resolve("objects/3f/a0/" + key).toAbsolutePath()));
  }

  @Test
  void anObjectIsNeverWrittenOver() throws IOException {
    ObjectKey key = store("hello");

    assertThatThrownBy(() -> storage.create(key)).isInstanceOf(FileAlreadyExistsException.class);
    assertThat(text(storage, key, 0, 5)).isEqualTo("hello");
  }

  @Test
  void aFileThatGotShorterIsLost() throws IOException {
    ObjectKey key = store("hello");

    assertThatThrownBy(() -> storage.resume(key, WriteState.ofSize(6)))
        .isInstanceOf(ObjectLostException.class)
        .hasMessageContaining("5 bytes of 6");
  }

  @Test
  void aFullDiskIsToldApart() throws IOException {
    ObjectKey key = ObjectKey.random();
    Path full = Path.of("/dev/full");
    try (ObjectWriter writer =
        new FileWriter(
            FileStorage.open(dir),
            key,
            full,
            FileChannel.open(full, StandardOpenOption.WRITE),
            0,
            Runnable::run)) {
      assertThatThrownBy(() -> writer.write(bytes("x"))).isInstanceOf(StorageFullException.class);
      assertThat(writer.size()).isZero();
    }
  }

  @Test
  void aListingSkipsWhatIsNoObject() throws IOException {
    ObjectKey key = store(new ObjectKey("3fa0c1" + "0".repeat(26)), "hello");
    Files.createDirectories(dir.resolve("objects/lost+found"));
    Files.writeString(dir.resolve("objects/3f/note"), "x");
    Files.writeString(dir.resolve("objects/ff"), "x");
    Files.writeString(dir.resolve("objects/3f/a0/note"), "x");

    assertThat(storage.list(Optional.empty(), 10))
        .extracting(Storage.Listed::key)
        .isEqualTo(List.of(key));
  }

  @Test
  void aFolderThatCannotBeMadeStopsTheStartWithASentence() throws IOException {
    Path file = Files.writeString(dir.resolve("file"), "x");

    assertThatThrownBy(() -> FileStorage.open(file))
        .isInstanceOf(StartupException.class)
        .hasMessageContaining("cannot be written");
  }
}
