package io.hatoba.server.storage;

import java.io.IOException;

/** The store does not have, or no longer has, the bytes of an object. */
public final class ObjectLostException extends IOException {
  public ObjectLostException(ObjectKey key, String message) {
    super("object " + key + ": " + message);
  }
}
