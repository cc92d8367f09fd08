package io.hatoba.server.startup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataFolderTest {
  @TempDir Path dir;

  @Test
  void aMissingFolderIsMadeForItsOwnerOnly() throws IOException {
    Path path = dir.resolve("some/data");
    try (DataFolder folder = DataFolder.open(path)) {
      assertThat(folder.path()).isDirectory().isAbsolute();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rwx------");
    }
  }

  @Test
  void theSecondServerIsRefusedWithTheNumberOfTheFirst() throws IOException {
    try (DataFolder first = DataFolder.open(dir)) {
      assertThat(first.resolve("lock")).hasContent(ProcessHandle.current().pid() + "\n");
      assertThatThrownBy(() -> DataFolder.open(dir))
          .isInstanceOf(StartupException.class)
          .hasMessageContaining("in use by process " + ProcessHandle.current().pid());
    }
  }

  @Test
  void aLockFileThatWasLeftBehindMeansNothing() throws IOException {
    Files.writeString(dir.resolve("lock"), "1234567890\n");

    try (DataFolder folder = DataFolder.open(dir)) {
      assertThat(folder.resolve("lock")).hasContent(ProcessHandle.current().pid() + "\n");
    }
  }

  @Test
  void theFolderIsFreeAgainAfterClosing() throws IOException {
    DataFolder.open(dir).close();

    try (DataFolder again = DataFolder.open(dir)) {
      assertThat(again.path()).isEqualTo(dir.toAbsolutePath().normalize());
    }
  }

  @Test
  void aFileInThePlaceOfTheFolderStopsTheStartWithASentence() throws IOException {
    Path file = Files.writeString(dir.resolve("data"), "x");

    assertThatThrownBy(() -> DataFolder.open(file))
        .isInstanceOf(StartupException.class)
        .hasMessageContaining("there is a file of that name")
        .hasMessageContaining("hatoba.data");
  }
}
