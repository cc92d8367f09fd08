package io.hatoba.server.backup;

import io.hatoba.oci.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** Compares an object with the row that names it. */
final class ObjectCheck {
  private ObjectCheck() {}

  /** What is wrong with a file, all of it read; empty if it is what the row says. */
  static Optional<String> wrong(NamedObject object, Path file) {
    try {
      long size = Files.size(file);
      return size != object.size()
          ? wrong(object, size, object.digest())
          : wrong(object, size, Disk.digest(file, object.digest().algorithm()));
    } catch (NoSuchFileException e) {
      return Optional.of("is missing");
    } catch (IOException e) {
      return Optional.of("cannot be read (" + e + ")");
    }
  }

  static Optional<String> wrong(NamedObject object, long size, Digest digest) {
    if (size != object.size()) {
      return Optional.of("has %d bytes of %d".formatted(size, object.size()));
    }
    return digest.equals(object.digest())
        ? Optional.empty()
        : Optional.of("is damaged: its bytes have the digest " + digest);
  }
}
