package io.hatoba.server.distribution;

import io.hatoba.server.content.ByteSource.BodyAbortedException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionException;

/**
 * Writes an answer piece by piece from a thread that may wait. Each piece is waited for until it
 * has left, so that one piece is all that is in memory however slow the client is.
 */
final class PieceWriter {
  private static final int PIECE = 64 * 1024;

  private final HttpServerResponse response;

  PieceWriter(HttpServerResponse response) {
    this.response = response;
  }

  /**
   * @throws BodyAbortedException if the client went away
   */
  void write(String ascii) {
    write(Buffer.buffer(ascii.getBytes(StandardCharsets.US_ASCII)));
  }

  /**
   * Writes exactly {@code length} bytes.
   *
   * @throws IOException if the stream ends before
   * @throws BodyAbortedException if the client went away
   */
  void write(InputStream content, long length) throws IOException {
    long left = length;
    while (left > 0) {
      byte[] piece = content.readNBytes((int) Math.min(PIECE, left));
      if (piece.length == 0) {
        throw new IOException("the content is " + left + " bytes shorter than it should be");
      }
      write(Buffers.sharing(piece, 0, piece.length));
      left -= piece.length;
    }
  }

  private void write(Buffer piece) {
    if (response.closed()) {
      throw new BodyAbortedException("the client went away while it was answered");
    }
    try {
      response.write(piece).toCompletionStage().toCompletableFuture().join();
    } catch (CompletionException e) {
      throw new BodyAbortedException("the client went away while it was answered");
    }
  }
}
