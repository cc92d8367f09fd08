package io.hatoba.client;

import java.io.IOException;

/**
 * There was no answer, or it broke off: the one failure without a status that may be tried again.
 */
final class ConnectionFailedException extends IOException {
  ConnectionFailedException(String message, Throwable cause) {
    super(message, cause);
  }

  ConnectionFailedException(String message) {
    super(message);
  }
}
