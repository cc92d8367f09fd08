package io.hatoba.server.distribution;

import io.hatoba.oci.Digest;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * The answer to a request. One of the sending methods ends it; they may be called from any thread.
 * An answer to {@code HEAD} has the status and headers that {@code GET} would have, its length
 * included, and no body: here and nowhere else.
 */
final class Answer {
  private final Exchange exchange;
  private final HttpServerResponse response;
  private boolean sent;

  Answer(Exchange exchange, int status) {
    this.exchange = exchange;
    this.response = exchange.request().response();
    boolean lastOfConnection = response.headers().contains(Headers.CONNECTION);
    response.headers().clear();
    if (lastOfConnection) {
      // Quarkus has asked for it, since the server stops: pooled clients go elsewhere.
      response.putHeader(Headers.CONNECTION, Headers.CLOSE);
    }
    response
        .setStatusCode(status)
        .putHeader(Headers.API_VERSION, Headers.REGISTRY_V2)
        .putHeader(Headers.REQUEST_ID, exchange.id());
  }

  Answer header(CharSequence name, CharSequence value) {
    response.putHeader(name, value);
    return this;
  }

  /** Adds a line, where {@link #header} replaces those with the same name. */
  Answer addHeader(CharSequence name, CharSequence value) {
    response.headers().add(name, value);
    return this;
  }

  /** {@code Docker-Content-Digest}: clients want it wherever one digest is meant. */
  Answer digest(Digest digest) {
    return header(Headers.DIGEST, digest.toString());
  }

  Answer location(String path) {
    return header(Headers.LOCATION, path);
  }

  /** Without a body. */
  void send() {
    int status = response.getStatusCode();
    if (status != 204 && status != 304) {
      header(Headers.CONTENT_LENGTH, "0");
    }
    end(() -> response.end());
  }

  /** These bytes, which nobody changes after. */
  void send(CharSequence contentType, byte[] bytes) {
    send(contentType, bytes, 0, bytes.length);
  }

  /** A part of these bytes, which nobody changes after. */
  void send(CharSequence contentType, byte[] bytes, int offset, int length) {
    header(Headers.CONTENT_TYPE, contentType);
    header(Headers.CONTENT_LENGTH, Integer.toString(length));
    if (exchange.verb() == Verb.HEAD) {
      end(() -> response.end());
    } else {
      end(() -> response.end(Buffers.sharing(bytes, offset, length)));
    }
  }

  /** A part of a file, without a copy of it in memory. */
  void sendFile(CharSequence contentType, Path file, long offset, long length) {
    header(Headers.CONTENT_TYPE, contentType);
    header(Headers.CONTENT_LENGTH, Long.toString(length));
    if (exchange.verb() == Verb.HEAD || length == 0) {
      end(() -> response.end());
    } else {
      sent = true;
      exchange.onEventLoop(() -> end(() -> sendFile(file, offset, length)));
    }
  }

  /**
   * Bytes that are written piece by piece; called off the event loop.
   *
   * @param length how many will be written, exactly
   */
  void send(CharSequence contentType, long length, Pieces pieces) {
    header(Headers.CONTENT_TYPE, contentType);
    header(Headers.CONTENT_LENGTH, Long.toString(length));
    if (exchange.verb() == Verb.HEAD) {
      end(() -> response.end());
      return;
    }
    sent = true;
    try {
      pieces.writeTo(new PieceWriter(response));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    end(() -> response.end());
  }

  int status() {
    return response.getStatusCode();
  }

  boolean isSent() {
    return sent;
  }

  /** Writes the pieces of an answer. */
  @FunctionalInterface
  interface Pieces {
    void writeTo(PieceWriter writer) throws IOException;
  }

  private Future<Void> sendFile(Path file, long offset, long length) {
    return response
        .sendFile(file.toString(), offset, length)
        .onFailure(
            failure -> {
              if (!response.headWritten() && !response.closed()) {
                Refusals.answerDefect(exchange, failure);
              }
            });
  }

  private void end(Supplier<Future<Void>> sending) {
    sent = true;
    if (response.closed()) {
      return;
    }
    boolean closing = exchange.mustClose();
    if (closing && !exchange.isMultiplexed()) {
      header(Headers.CONNECTION, Headers.CLOSE);
    }
    sending.get().onComplete(_ -> exchange.afterAnswer(closing));
  }
}
