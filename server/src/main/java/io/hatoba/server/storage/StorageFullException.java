package io.hatoba.server.storage;

import java.io.IOException;

/** The store has no space, or no quota, left. What was acknowledged before is not touched by it. */
public final class StorageFullException extends IOException {
  public StorageFullException(String message, Throwable cause) {
    super(message, cause);
  }
}
