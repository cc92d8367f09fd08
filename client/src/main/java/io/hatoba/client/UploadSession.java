package io.hatoba.client;

import io.hatoba.oci.Digest;
import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An open upload of a blob: where it is and how far it got. Its own methods repeat nothing that
 * sends bytes; {@link RemoteBlobs#push} is what recovers. One thread uses it.
 */
public final class UploadSession {
  private static final Pattern RANGE = Pattern.compile("(?:bytes=)?0-([0-9]{1,18})");

  private final Transport transport;
  private final Scope scope;
  private final long smallestChunk;
  private URI location;
  private long offset;

  private UploadSession(Transport transport, Scope scope, long smallestChunk, URI location) {
    this.transport = transport;
    this.scope = scope;
    this.smallestChunk = smallestChunk;
    this.location = location;
  }

  static UploadSession opened(Transport transport, Scope scope, Answer answer)
      throws RegistryException {
    URI location =
        answer
            .location()
            .orElseThrow(() -> RegistryException.protocol(answer.describe() + " names no upload"));
    return new UploadSession(transport, scope, smallestChunk(answer), location);
  }

  /** How many bytes the registry said it has. */
  public long offset() {
    return offset;
  }

  /** The smallest chunk that the registry takes, the last one aside; 1 if it named none. */
  public long smallestChunk() {
    return smallestChunk;
  }

  /** Where the upload is; changes with every answer. */
  public URI location() {
    return location;
  }

  /**
   * Sends a chunk (end-5).
   *
   * @param from offset of the chunk in the source and in the blob
   * @param length of the chunk
   * @throws RegistryException with status 416 if the chunk does not begin where the registry's
   *     bytes end; {@link #refresh()} tells where that is
   */
  public void append(BlobSource source, long from, long length) throws IOException {
    Request request =
        Request.of("PATCH", location)
            .header("Content-Range", from + "-" + (from + length - 1))
            .body("application/octet-stream", new Payload(source, from, length));
    try (Answer answer = transport.sendOnce(request, scope).expect(202)) {
      moved(answer);
      offset = received(answer).orElse(from + length);
    }
  }

  /**
   * Asks how far the upload got (end-13).
   *
   * @return false if the registry does not know the upload (any more)
   */
  public boolean refresh() throws IOException {
    try (Answer answer = transport.send(Request.of("GET", location), scope)) {
      if (answer.status() == 404) {
        return false;
      }
      answer.expect(204, 202);
      moved(answer);
      offset =
          received(answer)
              .orElseThrow(
                  () ->
                      RegistryException.protocol(
                          answer.describe() + " does not say how far it is"));
      return true;
    }
  }

  /** Finishes the upload with the bytes that are there (end-6). */
  public void finish(Digest digest) throws IOException {
    finished(Request.of("PUT", withDigest(digest)), digest);
  }

  /** Sends everything from this offset to the source's end and finishes the upload (end-6). */
  public void finish(Digest digest, BlobSource source, long from) throws IOException {
    long length = source.size() - from;
    Request request =
        Request.of("PUT", withDigest(digest))
            .body("application/octet-stream", new Payload(source, from, length));
    if (from > 0 && length > 0) {
      request = request.header("Content-Range", from + "-" + (from + length - 1));
    }
    finished(request, digest);
  }

  /** Ends the upload (end-14); false if the registry did not know it. */
  public boolean cancel() throws IOException {
    try (Answer answer = transport.send(Request.of("DELETE", location), scope)) {
      if (answer.status() == 404) {
        return false;
      }
      answer.expect(204, 202, 200);
      return true;
    }
  }

  private void finished(Request request, Digest digest) throws IOException {
    try (Answer answer = transport.sendOnce(request, scope).expect(201)) {
      answer.checkStored(digest);
    }
  }

  private URI withDigest(Digest digest) {
    String separator = location.getRawQuery() == null ? "?" : "&";
    return URI.create(location + separator + "digest=" + digest);
  }

  private void moved(Answer answer) throws RegistryException {
    location = answer.location().orElse(location);
  }

  /**
   * Reads {@code Range: 0-<last>}. {@code 0-0} means no byte or one (distribution-spec#577); none
   * is assumed.
   */
  private static Optional<Long> received(Answer answer) throws RegistryException {
    Optional<String> range = answer.header("Range");
    if (range.isEmpty()) {
      return Optional.empty();
    }
    Matcher matcher = RANGE.matcher(range.get().strip());
    if (!matcher.matches()) {
      throw RegistryException.protocol(answer.describe() + " names a range that is none");
    }
    long last = Long.parseLong(matcher.group(1));
    return Optional.of(last == 0 ? 0 : last + 1);
  }

  private static long smallestChunk(Answer answer) {
    String text = answer.header("OCI-Chunk-Min-Length").orElse("").strip();
    boolean number = !text.isEmpty() && text.length() <= 10 && text.matches("[0-9]+");
    return number ? Math.max(1, Long.parseLong(text)) : 1;
  }
}
