package io.hatoba.server.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

final class FileStorageTest extends StorageContract {
  @Override
  Storage open() {
    return FileStorage.open(dir);
  }

  @Test
  void theLayoutIsTheOneOfTheDocumentation() throws IOException {
    ObjectKey key = store(new ObjectKey("3fa0c1" + "0".repeat(26)), "hello");

    assertThat(dir.resolve("objects/3f/a0/" + key)).hasContent("hello");
    assertThat(storage.delivery(key))
        .isEqualTo(new Delivery.LocalFile(dir.resolve("objects/3f/a0/" + key).toAbsolutePath()));
  }
}
