package io.hatoba.server.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Without faults the fault layer is the storage; with them it does what it says. */
final class FaultyStorageTest extends StorageContract {
  private final List<FaultyStorage> opened = new ArrayList<>();

  @Override
  Storage open() {
    opened.add(new FaultyStorage(FileStorage.open(dir)));
    return opened.getLast();
  }

  private FaultyStorage faulty() {
    return opened.getLast();
  }

  @AfterEach
  void nothingStaysOpen() {
    assertThat(opened).flatExtracting(FaultyStorage::openHandles).isEmpty();
  }

  @Test
  void aFullDiskStoresTheFirstBytesAndTellsItApart() throws IOException {
    ObjectKey key = ObjectKey.random();
    WriteState state;
    try (ObjectWriter writer = storage.create(key)) {
      writer.write(bytes("start "));
      state = writer.checkpoint();
      faulty().plan(Fault.Plan.always(Fault.Call.WRITE, Fault.full(3)));
      assertThatThrownBy(() -> writer.write(bytes("ab"), bytes("cd")))
          .isInstanceOf(StorageFullException.class);
      assertThat(writer.size()).isEqualTo(9);
    }
    faulty().plan(Fault.Plan.NONE);
    try (ObjectWriter again = storage.resume(key, state)) {
      again.write(bytes("end"));
      again.finish();
    }
    assertThat(text(storage, key, 0, 9)).isEqualTo("start end");
  }

  @Test
  void aFaultBeforeTheEffectHasNone() {
    faulty().plan(Fault.Plan.once(Fault.Call.CREATE, 0, Fault.before()));

    ObjectKey key = ObjectKey.random();
    assertThatThrownBy(() -> storage.create(key)).isInstanceOf(IOException.class);
    assertThat(faulty().faults()).isEqualTo(1);
    assertThatThrownBy(() -> storage.resume(key, WriteState.ofSize(0)))
        .isInstanceOf(ObjectLostException.class);
  }

  @Test
  void aFaultAfterTheEffectHasIt() throws IOException {
    ObjectKey key = store("hello");
    faulty().plan(Fault.Plan.once(Fault.Call.DELETE, 0, Fault.after()));

    assertThatThrownBy(() -> storage.delete(key)).isInstanceOf(IOException.class);
    assertThat(storage.list(Optional.empty(), 10)).isEmpty();
  }

  @Test
  void aReadMayBreakInTheMiddle() throws IOException {
    ObjectKey key = store("hello");
    faulty().plan(Fault.Plan.once(Fault.Call.READ, 0, Fault.full(2)));

    try (InputStream stream = storage.read(key, 0, 5)) {
      assertThat(stream.readNBytes(2)).asString().isEqualTo("he");
      assertThatThrownBy(stream::read).isInstanceOf(IOException.class);
    }
    assertThat(text(storage, key, 0, 5)).isEqualTo("hello");
  }

  @Test
  void theSameSeedMakesTheSameFaults() {
    assertThat(faultsOf(new Random(5))).isEqualTo(faultsOf(new Random(5))).contains(true, false);
  }

  private static List<Boolean> faultsOf(Random random) {
    Fault.Plan plan = Fault.Plan.random(random, 4);
    return LongStream.range(0, 100)
        .mapToObj(number -> plan.next(Fault.Call.WRITE, number).isPresent())
        .toList();
  }
}
