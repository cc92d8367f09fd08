package io.hatoba.server.storage;

import java.nio.file.Path;

/**
 * How the bytes of a finished object reach a client without passing through the server's memory.
 */
public sealed interface Delivery {
  /** A local file, to be sent by {@code sendFile}. */
  record LocalFile(Path path) implements Delivery {}
}
