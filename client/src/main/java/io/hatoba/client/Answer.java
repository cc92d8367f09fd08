package io.hatoba.client;

import io.hatoba.oci.Digest;
import io.hatoba.oci.RefusedException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** An answer whose body has not been read. Whoever gets it reads or closes it. */
final class Answer implements AutoCloseable {
  /** The most bytes of an error's body that are looked at. */
  static final int LONGEST_ERROR = 64 * 1024;

  private final Request request;
  private final int status;
  private final HttpHeaders headers;
  private final BodyStream body;
  private final Retries retries;

  Answer(Request request, int status, HttpHeaders headers, BodyStream body, Retries retries) {
    this.request = request;
    this.status = status;
    this.headers = headers;
    this.body = body;
    this.retries = retries;
  }

  int status() {
    return status;
  }

  /** The URL that gave this answer, after redirects. */
  URI uri() {
    return request.uri();
  }

  Optional<String> header(String name) {
    return headers.firstValue(name);
  }

  List<String> headers(String name) {
    return headers.allValues(name);
  }

  BodyStream body() {
    return body;
  }

  /** The length that the answer declares, if it does. */
  OptionalLong length() throws RegistryException {
    Optional<String> value = header("Content-Length");
    if (value.isEmpty()) {
      return OptionalLong.empty();
    }
    String text = value.get();
    if (text.isEmpty() || text.length() > 18 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw RegistryException.protocol(describe() + " declares a length that is no number");
    }
    return OptionalLong.of(Long.parseLong(text));
  }

  /** The digest that the answer names, if it does. */
  Optional<Digest> digest() throws RegistryException {
    Optional<String> value = header("Docker-Content-Digest");
    if (value.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Digest.parse(value.get().strip()));
    } catch (RefusedException e) {
      throw RegistryException.protocol(
          describe() + " names a digest that is none: " + e.getMessage());
    }
  }

  /**
   * Fails if the answer names another digest for what was sent. Some registries name their own
   * algorithm's (distribution 3 answers sha256 to a push by sha512), which says nothing.
   */
  void checkStored(Digest sent) throws RegistryException {
    Optional<Digest> named = digest();
    if (named.isPresent()
        && named.get().algorithm() == sent.algorithm()
        && !named.get().equals(sent)) {
      throw RegistryException.corrupt("%s was stored as %s".formatted(sent, named.get()));
    }
  }

  /** The address in {@code Location}, resolved. */
  Optional<URI> location() throws RegistryException {
    Optional<String> value = header("Location");
    if (value.isEmpty()) {
      return Optional.empty();
    }
    try {
      URI target = uri().resolve(value.get());
      if (!Origins.isSpoken(target)) {
        throw RegistryException.untrusted(describe() + " points to something that is not http");
      }
      if (Origins.isDowngrade(uri(), target)) {
        throw RegistryException.untrusted(describe() + " points from https to http");
      }
      return Optional.of(target);
    } catch (IllegalArgumentException e) {
      throw RegistryException.protocol(describe() + " points to something that is no URL");
    }
  }

  /** The whole body. */
  byte[] bytes(int limit) throws IOException {
    byte[] bytes = body.readNBytes(limit + 1);
    if (bytes.length > limit) {
      body.close();
      throw RegistryException.tooLarge(
          "the answer to %s is longer than %d bytes".formatted(describe(), limit));
    }
    return bytes;
  }

  /** Closes it if the status is one of these, with the body read as an error otherwise. */
  Answer expect(int... statuses) throws IOException {
    for (int expected : statuses) {
      if (status == expected) {
        return this;
      }
    }
    try (body) {
      throw refusal();
    }
  }

  /** The error that this answer is; reads a bounded part of the body. */
  RegistryException refusal() {
    return RegistryException.refused(
        describe(),
        status,
        status < 400 ? List.of() : errors(),
        header("Retry-After").flatMap(retries::parseRetryAfter));
  }

  private List<ProtocolError> errors() {
    try (body) {
      return AnswerJson.errors(body.readNBytes(LONGEST_ERROR));
    } catch (IOException e) {
      // The status is known and tells enough; the rest of the answer got lost.
      return List.of();
    }
  }

  String describe() {
    return request.describe();
  }

  /** Drops the body, reading it if it is short, so that the connection can be used again. */
  @Override
  public void close() {
    try {
      body.discard(LONGEST_ERROR);
    } catch (IOException e) {
      // Whoever closes has what it needs of the answer; only the connection is lost.
      body.close();
    }
  }
}
