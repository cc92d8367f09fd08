package io.hatoba.server.scrub;

import io.hatoba.server.storage.ObjectKey;
import io.hatoba.server.storage.Storage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A storage that gives other bytes the first time an object is read, as bad memory does. */
final class FaultyOnce extends CountingStorage {
  private final ObjectKey victim;
  private boolean lied;

  FaultyOnce(Storage real, ObjectKey victim) {
    super(real);
    this.victim = victim;
  }

  boolean hasLied() {
    return lied;
  }

  @Override
  public InputStream read(ObjectKey key, long offset, long length) throws IOException {
    if (key.equals(victim) && !lied) {
      lied = true;
      return new ByteArrayInputStream(new byte[(int) length]);
    }
    return super.read(key, offset, length);
  }
}
