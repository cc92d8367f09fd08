package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * The body of an upload into a registry that may have a quota: refused before its first byte, or at
 * the byte from which on the blob cannot fit any more.
 */
final class RoomSource implements ByteSource {
  private final Quotas quotas;
  private final Repository repository;
  private final Optional<Digest> digest;
  private final ByteSource body;
  private long received;
  private long room;

  /**
   * Asks whether what is announced fits.
   *
   * @param digest of the blob, if it is known
   * @param received what the upload has already
   */
  RoomSource(
      Quotas quotas,
      Repository repository,
      Optional<Digest> digest,
      long received,
      ByteSource body) {
    this.quotas = quotas;
    this.repository = repository;
    this.digest = digest;
    this.body = body;
    this.received = received;
    this.room = quotas.room(repository, digest, received + body.announced());
  }

  @Override
  public List<ByteBuffer> next() {
    List<ByteBuffer> some = body.next();
    for (ByteBuffer buffer : some) {
      received += buffer.remaining();
    }
    if (received > room) {
      room = quotas.room(repository, digest, received);
    }
    return some;
  }
}
