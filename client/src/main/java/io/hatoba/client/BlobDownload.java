package io.hatoba.client;

import io.hatoba.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.security.MessageDigest;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a blob or of a part of it. After a cut it asks for what is missing and goes on; it
 * gives up after as many failures in a row as {@link Retries#attempts()} says, where a failure
 * after less than a mebibyte counts as one in a row. One thread reads.
 */
public final class BlobDownload extends InputStream {
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})");
  private static final long PROGRESS = 1024 * 1024;

  /**
   * What is read.
   *
   * @param offset of the first byte in the blob
   * @param length at most; empty for everything
   */
  private record Target(
      Transport transport, URI uri, Scope scope, Digest digest, long offset, OptionalLong length) {}

  private final Target target;
  private final @Nullable MessageDigest computation;
  private final OptionalLong size;
  private InputStream body;
  private long position;
  private long positionOfFailure;
  private int failures;
  private boolean broken;
  private boolean ended;

  private BlobDownload(Target target, boolean verified, OptionalLong size, InputStream body) {
    this.target = target;
    this.computation = verified ? target.digest.algorithm().newMessageDigest() : null;
    this.size = size;
    this.body = body;
  }

  static Optional<BlobDownload> whole(Transport transport, URI uri, Scope scope, Digest digest)
      throws IOException {
    Target target = new Target(transport, uri, scope, digest, 0, OptionalLong.empty());
    Answer answer = transport.send(Request.of("GET", uri), scope);
    if (answer.status() == 404) {
      answer.close();
      return Optional.empty();
    }
    answer.expect(200);
    return Optional.of(new BlobDownload(target, true, answer.length(), answer.body()));
  }

  static Optional<BlobDownload> part(
      Transport transport, URI uri, Scope scope, Digest digest, ByteRange range)
      throws IOException {
    Target target =
        new Target(transport, uri, scope, digest, range.offset(), OptionalLong.of(range.length()));
    Answer answer = request(target, 0, OptionalLong.of(range.length()));
    if (answer.status() == 404) {
      answer.close();
      return Optional.empty();
    }
    long length = available(target, answer);
    InputStream body = positioned(target, answer, 0);
    return Optional.of(new BlobDownload(target, false, OptionalLong.of(length), body));
  }

  /** How many bytes this stream will give, if the registry said so. */
  public OptionalLong size() {
    return size;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  /**
   * {@inheritDoc}
   *
   * @throws RegistryException with {@link RegistryException.Reason#CORRUPT} instead of the end, if
   *     the bytes are not those of the digest
   */
  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, buffer.length);
    if (length == 0) {
      return 0;
    }
    while (!ended) {
      try {
        if (broken) {
          resume();
        }
        if (left() == 0) {
          end();
          continue;
        }
        int count = body.read(buffer, offset, (int) Math.min(length, left()));
        if (count >= 0) {
          return took(buffer, offset, count);
        }
        end();
      } catch (ConnectionFailedException e) {
        failed(e);
      }
    }
    return -1;
  }

  @Override
  public void close() throws IOException {
    ended = true;
    body.close();
  }

  /**
   * What may still come. Of a whole blob one more byte, so that an overlong body is noticed; of a
   * part not, since a registry that ignores ranges sends all that follows.
   */
  private long left() {
    if (size.isEmpty()) {
      return Long.MAX_VALUE;
    }
    long left = size.getAsLong() - position;
    return computation == null ? left : left + 1;
  }

  private int took(byte[] buffer, int offset, int count) throws IOException {
    position += count;
    if (size.isPresent() && position > size.getAsLong()) {
      close();
      throw RegistryException.corrupt(target.digest + " is longer than the registry said");
    }
    if (computation != null) {
      computation.update(buffer, offset, count);
    }
    return count;
  }

  private void end() throws IOException {
    if (size.isPresent() && position < size.getAsLong()) {
      throw new ConnectionFailedException("the answer ended before its declared length");
    }
    ended = true;
    body.close();
    if (computation == null) {
      return;
    }
    Digest actual = Digest.finish(target.digest.algorithm(), computation);
    if (!actual.equals(target.digest)) {
      throw RegistryException.corrupt(
          "the blob %s has the digest %s".formatted(target.digest, actual));
    }
  }

  private void failed(ConnectionFailedException failure) throws IOException {
    Retries retries = target.transport.retries();
    failures = position - positionOfFailure >= PROGRESS ? 1 : failures + 1;
    positionOfFailure = position;
    broken = true;
    body.close();
    if (failures >= retries.attempts()) {
      ended = true;
      throw failure;
    }
    target.transport.resender().pause(retries.waitAfter(failures, Optional.empty()));
  }

  private void resume() throws IOException {
    if (size.isPresent() && position == size.getAsLong()) {
      // All bytes are here; only the end of the answer was lost.
      body = InputStream.nullInputStream();
    } else {
      OptionalLong rest =
          target.length.isEmpty()
              ? OptionalLong.empty()
              : OptionalLong.of(size.orElseThrow() - position);
      body = positioned(target, request(target, position, rest), position);
    }
    broken = false;
  }

  private static Answer request(Target target, long done, OptionalLong rest) throws IOException {
    long from = target.offset + done;
    String to = rest.isEmpty() ? "" : Long.toString(from + rest.getAsLong() - 1);
    Request request = Request.of("GET", target.uri).header("Range", "bytes=" + from + "-" + to);
    Answer answer = target.transport.send(request, target.scope);
    return answer.status() == 404 ? answer : answer.expect(206, 200);
  }

  /** The answer's body from the wanted byte on; a registry that ignores ranges sends all of it. */
  private static InputStream positioned(Target target, Answer answer, long done)
      throws IOException {
    answer.expect(206, 200);
    long wanted = target.offset + done;
    if (answer.status() == 200) {
      answer.body().skipNBytes(wanted);
      return answer.body();
    }
    Matcher range = CONTENT_RANGE.matcher(answer.header("Content-Range").orElse(""));
    if (!range.matches() || Long.parseLong(range.group(1)) != wanted) {
      answer.body().close();
      throw RegistryException.protocol(
          answer.describe() + " sent another range than was asked for");
    }
    return answer.body();
  }

  private static long available(Target target, Answer answer) throws IOException {
    long most = target.length.orElseThrow();
    OptionalLong declared = answer.expect(206, 200).length();
    if (declared.isEmpty()) {
      answer.body().close();
      throw RegistryException.protocol(answer.describe() + " names no length");
    }
    if (answer.status() == 206) {
      return Math.min(most, declared.getAsLong());
    }
    return Math.min(most, Math.max(0, declared.getAsLong() - target.offset));
  }
}
