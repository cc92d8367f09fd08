package io.hatoba.server.distribution;

import io.hatoba.oci.ByteRanges;
import io.hatoba.oci.ByteRanges.Part;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.ProtocolJson;
import io.hatoba.oci.Refusal;
import io.hatoba.server.content.Blob;
import io.hatoba.server.storage.Delivery;
import io.hatoba.server.storage.Storage;
import jakarta.inject.Singleton;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Sends a blob or parts of it (OCI distribution specification, "Pulling blobs"; RFC 9110, sections
 * 13 and 14). Never encoded in any other way than stored, whatever the client accepts.
 */
@Singleton
final class BlobSender {
  private final Storage storage;

  BlobSender(Storage storage) {
    this.storage = storage;
  }

  /**
   * Whether {@link #send} would have to wait for the client: such an answer needs its own thread.
   */
  static boolean needsThread(Exchange exchange) {
    Optional<String> range = exchange.header(Headers.RANGE);
    return range.isPresent() && range.get().indexOf(',') >= 0;
  }

  /** Answers with the blob, or what the request wants of it. */
  void send(Exchange exchange, Blob blob) {
    if (isUnchanged(exchange, blob)) {
      described(exchange.answer(304), blob).send();
      return;
    }
    switch (wanted(exchange, blob)) {
      case ByteRanges.Whole() ->
          sendPart(described(exchange.answer(200), blob), blob, 0, blob.size());
      case ByteRanges.Parts(List<Part> parts) when parts.size() == 1 -> {
        Part part = parts.getFirst();
        Answer answer =
            described(exchange.answer(206), blob)
                .header(Headers.CONTENT_RANGE, part.contentRange(blob.size()));
        sendPart(answer, blob, part.first(), part.length());
      }
      case ByteRanges.Parts(List<Part> parts) ->
          sendParts(described(exchange.answer(206), blob), blob, parts);
      case ByteRanges.Unsatisfiable() -> refuseRange(exchange, blob);
    }
  }

  private static Answer described(Answer answer, Blob blob) {
    return answer
        .digest(blob.digest())
        .header(Headers.ETAG, Headers.entityTag(blob.digest()))
        .header(Headers.CACHE_CONTROL, Headers.IMMUTABLE)
        .header(Headers.ACCEPT_RANGES, Headers.BYTES);
  }

  private static boolean isUnchanged(Exchange exchange, Blob blob) {
    return exchange.header(Headers.IF_NONE_MATCH).isPresent()
        && EntityTags.parse(exchange.headers(Headers.IF_NONE_MATCH))
            .match(blob.digest().toString());
  }

  private static ByteRanges wanted(Exchange exchange, Blob blob) {
    Optional<String> range = exchange.header(Headers.RANGE);
    if (range.isEmpty() || exchange.verb() != Verb.GET) {
      return new ByteRanges.Whole();
    }
    Optional<String> condition = exchange.header(Headers.IF_RANGE);
    if (condition.isPresent() && !condition.get().equals(Headers.entityTag(blob.digest()))) {
      return new ByteRanges.Whole();
    }
    return ByteRanges.parse(range, blob.size());
  }

  private static void refuseRange(Exchange exchange, Blob blob) {
    Refusal refusal =
        Refusal.invalid(
            ErrorCode.RANGE_INVALID,
            "the blob has " + blob.size() + " bytes and none in the range asked for",
            blob.digest().toString());
    exchange
        .answer(refusal.code().status())
        .header(Headers.CONTENT_RANGE, "bytes */" + blob.size())
        .send(Headers.JSON, ProtocolJson.error(refusal));
  }

  private void sendPart(Answer answer, Blob blob, long offset, long length) {
    switch (blob.body()) {
      case Blob.Inline(byte[] bytes) ->
          answer.send(
              Headers.OCTET_STREAM, bytes, Math.toIntExact(offset), Math.toIntExact(length));
      case Blob.Stored(var key) -> {
        switch (storage.delivery(key)) {
          case Delivery.LocalFile(var path) ->
              answer.sendFile(Headers.OCTET_STREAM, path, offset, length);
        }
      }
    }
  }

  private void sendParts(Answer answer, Blob blob, List<Part> parts) {
    String boundary =
        Long.toHexString(ThreadLocalRandom.current().nextLong() | Long.MIN_VALUE)
            + Long.toHexString(ThreadLocalRandom.current().nextLong() | Long.MIN_VALUE);
    String end = "\r\n--" + boundary + "--\r\n";
    long length = end.length();
    for (Part part : parts) {
      length += partHead(boundary, part, blob.size()).length() + part.length();
    }
    answer.send(
        "multipart/byteranges; boundary=" + boundary,
        length,
        writer -> {
          for (Part part : parts) {
            writer.write(partHead(boundary, part, blob.size()));
            try (InputStream content = open(blob, part)) {
              writer.write(content, part.length());
            }
          }
          writer.write(end);
        });
  }

  private InputStream open(Blob blob, Part part) throws IOException {
    return switch (blob.body()) {
      case Blob.Inline(byte[] bytes) ->
          new ByteArrayInputStream(bytes, (int) part.first(), (int) part.length());
      case Blob.Stored(var key) -> storage.read(key, part.first(), part.length());
    };
  }

  private static String partHead(String boundary, Part part, long size) {
    return "\r\n--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n"
        .formatted(boundary, Headers.OCTET_STREAM, part.contentRange(size));
  }
}
