package io.hatoba.server.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@link Storage} promises, for every implementation. */
abstract class StorageContract {
  @TempDir Path dir;
  Storage storage;

  /** Opens the store of this test, for the first time or as another process would. */
  abstract Storage open();

  @BeforeEach
  void openStorage() {
    storage = open();
  }

  @Test
  void whatIsFinishedIsReadHereAndAfterARestart() throws IOException {
    ObjectKey key = store("hello");

    assertThat(text(storage, key, 0, 5)).isEqualTo("hello");
    assertThat(text(open(), key, 0, 5)).isEqualTo("hello");
  }

  @Test
  void anObjectMayBeEmpty() throws IOException {
    ObjectKey key = store("");

    assertThat(text(storage, key, 0, 0)).isEmpty();
  }

  @Test
  void anyPartIsRead() throws IOException {
    ObjectKey key = store("0123456789");

    assertThat(text(storage, key, 3, 4)).isEqualTo("3456");
    assertThat(text(storage, key, 10, 0)).isEmpty();
  }

  @Test
  void manyBuffersAreWrittenInTheirOrderAndConsumed() throws IOException {
    ObjectKey key = ObjectKey.random();
    ByteBuffer[] buffers = {bytes("ab"), bytes(""), bytes("cd"), bytes("e")};
    try (ObjectWriter writer = storage.create(key)) {
      writer.write(buffers);
      writer.write();
      writer.write(bytes("f"));
      assertThat(writer.size()).isEqualTo(6);
      writer.finish();
    }

    assertThat(buffers).allSatisfy(buffer -> assertThat(buffer.hasRemaining()).isFalse());
    assertThat(text(storage, key, 0, 6)).isEqualTo("abcdef");
  }

  @Test
  void aLargeObjectComesBackByteForByte() throws IOException {
    byte[] chunk = new byte[1 << 20];
    new Random(7).nextBytes(chunk);
    ObjectKey key = ObjectKey.random();
    try (ObjectWriter writer = storage.create(key)) {
      for (int i = 0; i < 40; i++) {
        writer.write(
            ByteBuffer.wrap(chunk, 0, chunk.length / 2),
            ByteBuffer.wrap(chunk, chunk.length / 2, chunk.length / 2));
      }
      writer.finish();
    }

    try (InputStream stream = storage.read(key, 0, 40L << 20)) {
      for (int i = 0; i < 40; i++) {
        assertThat(stream.readNBytes(chunk.length)).isEqualTo(chunk);
      }
      assertThat(stream.read()).isNegative();
    }
  }

  @Test
  void aReadBeyondTheEndIsAnEarlyEndAndNoShortAnswer() throws IOException {
    ObjectKey key = store("hello");

    assertThatThrownBy(() -> text(storage, key, 0, 6)).isInstanceOf(EOFException.class);
  }

  @Test
  void whatDoesNotExistIsLost() {
    assertThatThrownBy(() -> text(storage, ObjectKey.random(), 0, 1))
        .isInstanceOf(ObjectLostException.class);
    assertThatThrownBy(() -> storage.resume(ObjectKey.random(), WriteState.ofSize(0)))
        .isInstanceOf(ObjectLostException.class);
  }

  @Test
  void anObjectIsResumedAfterARestart() throws IOException {
    ObjectKey key = ObjectKey.random();
    WriteState state;
    try (ObjectWriter writer = storage.create(key)) {
      writer.write(bytes("hello "));
      state = writer.checkpoint();
    }
    assertThat(state.size()).isEqualTo(6);

    try (ObjectWriter writer = open().resume(key, state)) {
      assertThat(writer.size()).isEqualTo(6);
      writer.write(bytes("world"));
      writer.finish();
    }
    assertThat(text(storage, key, 0, 11)).isEqualTo("hello world");
  }

  @Test
  void resumingDropsWhatCameAfterTheState() throws IOException {
    ObjectKey key = ObjectKey.random();
    WriteState state;
    try (ObjectWriter writer = storage.create(key)) {
      writer.write(bytes("hello "));
      state = writer.checkpoint();
      writer.write(bytes("this is dropped"));
    }

    try (ObjectWriter writer = storage.resume(key, state)) {
      writer.write(bytes("you"));
      writer.finish();
    }
    assertThat(text(storage, key, 0, 9)).isEqualTo("hello you");
    assertThatThrownBy(() -> text(storage, key, 0, 10)).isInstanceOf(EOFException.class);
  }

  @Test
  void nothingIsWrittenAfterTheEnd() throws IOException {
    try (ObjectWriter writer = storage.create(ObjectKey.random())) {
      writer.finish();
      assertThatThrownBy(() -> writer.write(bytes("x"))).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(writer::finish).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void aDeletedObjectIsGoneAndDeletingAgainIsFine() throws IOException {
    ObjectKey key = store("hello");

    storage.delete(key);
    storage.delete(key);
    storage.delete(ObjectKey.random());

    assertThatThrownBy(() -> text(storage, key, 0, 5)).isInstanceOf(ObjectLostException.class);
    assertThat(storage.list(Optional.empty(), 10)).isEmpty();
  }

  @Test
  void anUnfinishedObjectIsDeletedToo() throws IOException {
    ObjectKey key = ObjectKey.random();
    WriteState state;
    try (ObjectWriter writer = storage.create(key)) {
      writer.write(bytes("hello"));
      state = writer.checkpoint();
    }
    storage.delete(key);

    assertThatThrownBy(() -> storage.resume(key, state)).isInstanceOf(ObjectLostException.class);
  }

  @Test
  void aListingHasEveryObjectOnceInPagesInTheOrderOfTheirKeys() throws IOException {
    List<ObjectKey> keys = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      keys.add(store("x".repeat(i)));
    }
    // three in one shard, so that a page ends inside it
    for (String end : List.of("01", "02", "03")) {
      keys.add(store(new ObjectKey("77aa" + "0".repeat(26) + end), "same shard"));
    }
    keys.sort(Comparator.comparing(ObjectKey::id));

    for (int limit : List.of(1, 2, 7, 63, 1_000)) {
      List<Storage.Listed> listed = new ArrayList<>();
      Optional<ObjectKey> last = Optional.empty();
      List<Storage.Listed> page = storage.list(last, limit);
      while (!page.isEmpty()) {
        assertThat(page).hasSizeLessThanOrEqualTo(limit);
        listed.addAll(page);
        last = Optional.of(page.getLast().key());
        page = storage.list(last, limit);
      }
      assertThat(listed).extracting(Storage.Listed::key).containsExactlyElementsOf(keys);
    }
  }

  @Test
  void aListingTellsSizeAndTime() throws IOException {
    ObjectKey key = store("hello");

    assertThat(storage.list(Optional.empty(), 10))
        .singleElement()
        .satisfies(
            listed -> {
              assertThat(listed.key()).isEqualTo(key);
              assertThat(listed.size()).isEqualTo(5);
              assertThat(listed.modifiedAt()).isAfter("2020-01-01T00:00:00Z");
            });
  }

  ObjectKey store(String content) throws IOException {
    return store(ObjectKey.random(), content);
  }

  ObjectKey store(ObjectKey key, String content) throws IOException {
    try (ObjectWriter writer = storage.create(key)) {
      writer.write(bytes(content));
      writer.finish();
    }
    return key;
  }

  static String text(Storage storage, ObjectKey key, long offset, long length) throws IOException {
    try (InputStream stream = storage.read(key, offset, length)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }
}
