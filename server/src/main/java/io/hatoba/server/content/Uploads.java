package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import java.time.Instant;
import java.util.Optional;

/**
 * Uploads that can be resumed, after a restart and on another node.
 *
 * <p>All methods that take an upload id refuse with {@code BLOB_UPLOAD_UNKNOWN} what does not exist
 * in that repository, is finished, cancelled or expired. One request writes to an upload at a time;
 * another one meanwhile is refused with {@code TOOMANYREQUESTS}.
 */
public interface Uploads {
  /** Opens an upload. {@code algorithm} is what the final digest will probably use. */
  Status start(Repository repository, Actor actor, DigestAlgorithm algorithm);

  Status status(Repository repository, String uploadId);

  /**
   * Appends a body.
   *
   * @param range where the client says the body belongs; empty appends at the end
   * @throws io.hatoba.oci.RefusedException with {@code RANGE_INVALID} (416) if the range does not
   *     start at the end of what was received: the upload stays valid; {@code SIZE_INVALID} if the
   *     body is not as long as its range
   */
  Status append(Repository repository, String uploadId, Optional<Range> range, ByteSource body);

  /**
   * Appends a last body, which may be empty, and makes the blob: when this returns it is durable.
   * Repeating the call for an upload that just finished with this digest succeeds again.
   *
   * @throws io.hatoba.oci.RefusedException as {@link #append}, and {@code DIGEST_INVALID} if the
   *     bytes have another digest: the upload is gone then
   */
  Blob finish(
      Repository repository,
      String uploadId,
      Digest digest,
      Optional<Range> range,
      ByteSource body);

  /** Receives a whole blob at once, without an upload that could be resumed. */
  Blob put(Repository repository, Actor actor, Digest digest, ByteSource body);

  void cancel(Repository repository, String uploadId);

  /** Where a body belongs, both inclusive, as {@code Content-Range} of a chunk says it. */
  record Range(long first, long last) {
    public Range {
      if (first < 0 || last < first - 1) {
        throw new IllegalArgumentException("not a range");
      }
    }
  }

  /**
   * An upload as it stands.
   *
   * @param received bytes that need not be sent again
   * @param owner the principal that opened it
   */
  record Status(String id, long received, String owner, Instant expiresAt) {}
}
