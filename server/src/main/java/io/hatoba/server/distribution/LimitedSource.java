package io.hatoba.server.distribution;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.content.ByteSource;
import java.nio.ByteBuffer;
import java.util.List;

/** A body that must not be longer than a limit, whether or not the request says how long it is. */
final class LimitedSource implements ByteSource {
  private final ByteSource source;
  private final long limit;
  private final RefusedException beyond;
  private long seen;

  /**
   * @param limit the most bytes that the body may still have
   * @param beyond the answer if it has more
   */
  LimitedSource(ByteSource source, long limit, RefusedException beyond) {
    this.source = source;
    this.limit = limit;
    this.beyond = beyond;
  }

  static RefusedException tooLarge(ErrorCode code, String what, long limit) {
    return new RefusedException(
        new Refusal.TooLarge(
            code, "a " + what + " has at most " + limit + " bytes here", Long.toString(limit)));
  }

  @Override
  public List<ByteBuffer> next() {
    List<ByteBuffer> batch = source.next();
    for (ByteBuffer buffer : batch) {
      seen += buffer.remaining();
    }
    if (seen > limit) {
      throw beyond;
    }
    return batch;
  }
}
