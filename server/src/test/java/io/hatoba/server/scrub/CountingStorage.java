package io.hatoba.server.scrub;

import io.hatoba.server.storage.Delivery;
import io.hatoba.server.storage.ObjectKey;
import io.hatoba.server.storage.ObjectWriter;
import io.hatoba.server.storage.Storage;
import io.hatoba.server.storage.WriteState;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** A real storage that remembers what is read, and does something at one of the readings. */
class CountingStorage implements Storage {
  private final Storage real;
  private final List<String> keys = Collections.synchronizedList(new ArrayList<>());
  private int number;
  private Runnable action = () -> {};

  CountingStorage(Storage real) {
    this.real = real;
  }

  void at(int reading, Runnable todo) {
    number = reading;
    action = todo;
  }

  /** What was read, in order. */
  List<String> keys() {
    return List.copyOf(keys);
  }

  @Override
  public InputStream read(ObjectKey key, long offset, long length) throws IOException {
    keys.add(key.id());
    if (keys.size() == number) {
      action.run();
    }
    return real.read(key, offset, length);
  }

  @Override
  public ObjectWriter create(ObjectKey key) throws IOException {
    return real.create(key);
  }

  @Override
  public ObjectWriter resume(ObjectKey key, WriteState state) throws IOException {
    return real.resume(key, state);
  }

  @Override
  public Delivery delivery(ObjectKey key) {
    return real.delivery(key);
  }

  @Override
  public void delete(ObjectKey key) throws IOException {
    real.delete(key);
  }

  @Override
  public List<Listed> list(Optional<ObjectKey> after, int limit) throws IOException {
    return real.list(after, limit);
  }
}
