package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.storage.ObjectKey;
import io.hatoba.server.storage.Storage;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;

/** Reads small blobs whole, for what the server itself looks into: configs and charts. */
@Singleton
public final class BlobBytes {
  private final Blobs blobs;
  private final Storage storage;
  private final ContentIo io;

  public BlobBytes(Blobs blobs, Storage storage, ContentIo io) {
    this.blobs = blobs;
    this.storage = storage;
    this.io = io;
  }

  /**
   * The bytes of a blob that the repository may read; empty if it may not, or there is none, or it
   * has more than {@code longest} bytes. At most one read of the database and one of the storage.
   *
   * @throws RefusedException with {@code BLOB_UNKNOWN} if it is damaged
   * @return shared, not to be changed
   */
  public Optional<byte[]> read(Repository repository, Digest digest, long longest) {
    return blobs
        .find(repository, digest)
        .filter(blob -> blob.size() <= longest)
        .map(
            blob ->
                switch (blob.body()) {
                  case Blob.Inline(byte[] bytes) -> bytes;
                  case Blob.Stored(ObjectKey key) -> read(key, blob.size());
                });
  }

  /** As {@link #read}, and empty if the blob is damaged. */
  Optional<byte[]> readIfWhole(Repository repository, Digest digest, long longest) {
    try {
      return read(repository, digest, longest);
    } catch (RefusedException e) {
      if (e.refusal() instanceof Refusal.Unknown) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private byte[] read(ObjectKey key, long size) {
    try {
      return io.call(
          () -> {
            try (InputStream stream = storage.read(key, 0, size)) {
              return stream.readAllBytes();
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException("failed to read an object", e);
    }
  }
}
