package io.hatoba.server.distribution;

import io.hatoba.oci.ContentRange;
import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.server.auth.Caller;
import io.hatoba.server.content.Blob;
import io.hatoba.server.content.Blobs;
import io.hatoba.server.content.ByteSource;
import io.hatoba.server.content.Repositories;
import io.hatoba.server.content.Repository;
import io.hatoba.server.content.Uploads;
import jakarta.inject.Singleton;
import java.util.Optional;

/**
 * {@code /v2/<name>/blobs/uploads/} and {@code …/<id>} (end-4, end-5, end-6, end-11, end-13,
 * end-14): all ways in which a blob comes in. Every request needs the right to push, cancelling
 * included.
 */
@Singleton
final class BlobUploadRoutes {
  private static final byte[] NO_BYTES = {};

  private final Access access;
  private final Repositories repositories;
  private final Blobs blobs;
  private final Uploads uploads;
  private final UploadSlots slots;
  private final DistributionConfig config;

  BlobUploadRoutes(
      Access access,
      Repositories repositories,
      Blobs blobs,
      Uploads uploads,
      UploadSlots slots,
      DistributionConfig config) {
    this.access = access;
    this.repositories = repositories;
    this.blobs = blobs;
    this.uploads = uploads;
    this.slots = slots;
    this.config = config;
  }

  void serve(Exchange exchange, Target.NewUpload target) {
    if (exchange.verb() != Verb.POST) {
      throw exchange.methodNotAllowed("POST");
    }
    post(exchange, target);
  }

  void serve(Exchange exchange, Target.Upload target) {
    switch (exchange.verb()) {
      case GET, HEAD -> get(exchange, target);
      case PATCH -> patch(exchange, target);
      case PUT -> put(exchange, target);
      case DELETE -> delete(exchange, target);
      case POST, OTHER -> throw exchange.methodNotAllowed("GET, HEAD, PATCH, PUT, DELETE");
    }
  }

  /** end-4a, end-4b, end-4c, end-11. */
  private void post(Exchange exchange, Target.NewUpload target) {
    Optional<RepositoryName> source = exchange.query("from").flatMap(BlobUploadRoutes::nameIfValid);
    Caller caller =
        source.isPresent()
            ? access.allowedToMount(exchange, target.repository(), source.get())
            : access.allowed(exchange, target.repository(), Access.PUSH);
    Optional<Digest> mount = exchange.query("mount").map(Digest::parse);
    Optional<Digest> digest = exchange.query("digest").map(Digest::parse);
    DigestAlgorithm algorithm = algorithm(exchange, mount.or(() -> digest));
    Repository repository =
        repositories.forPush(target.repository(), caller.sees(target.repository()));
    if (mount.isPresent()) {
      boolean mounted =
          exchange.query("from").isPresent()
              ? mount(repository, mount.get(), source, caller)
              : blobs.mountFromAny(repository, mount.get(), caller.readScope());
      if (mounted) {
        created(exchange, target.repository(), mount.get());
        return;
      }
    } else if (digest.isPresent() && isWhole(exchange, digest.get())) {
      try (UploadSlots.Slot _ = slots.take()) {
        Blob blob = uploads.put(repository, caller.actor(), digest.get(), limitedBody(exchange, 0));
        created(exchange, target.repository(), blob.digest());
      }
      return;
    }
    Uploads.Status started =
        uploads.start(repository, caller.actor(), algorithm, mount.or(() -> digest));
    accepted(exchange, 202, target.repository(), started);
  }

  /** end-13. */
  private void get(Exchange exchange, Target.Upload target) {
    Repository repository = repositoryForUpload(exchange, target);
    accepted(exchange, 204, target.repository(), uploads.status(repository, target.id()));
  }

  /** end-5. */
  private void patch(Exchange exchange, Target.Upload target) {
    Repository repository = repositoryForUpload(exchange, target);
    Optional<Uploads.Range> range = contentRange(exchange);
    try (UploadSlots.Slot _ = slots.take()) {
      ByteSource body = limitedBody(exchange, receivedIfLimited(repository, target));
      Uploads.Status status = uploads.append(repository, target.id(), range, body);
      accepted(exchange, 202, target.repository(), status);
    } catch (RefusedException e) {
      throw withProgress(exchange, repository, target, e);
    }
  }

  /** end-6. */
  private void put(Exchange exchange, Target.Upload target) {
    Repository repository = repositoryForUpload(exchange, target);
    Digest digest =
        exchange
            .query("digest")
            .map(Digest::parse)
            .orElseThrow(
                () ->
                    new RefusedException(
                        Refusal.invalid(
                            ErrorCode.DIGEST_INVALID,
                            "an upload is finished with the parameter digest",
                            "")));
    Optional<Uploads.Range> range = contentRange(exchange);
    try (UploadSlots.Slot _ = exchange.hasBody() ? slots.take() : () -> {}) {
      ByteSource body = limitedBody(exchange, receivedIfLimited(repository, target));
      Blob blob = uploads.finish(repository, target.id(), digest, range, body);
      created(exchange, target.repository(), blob.digest());
    } catch (RefusedException e) {
      throw withProgress(exchange, repository, target, e);
    }
  }

  /** end-14. */
  private void delete(Exchange exchange, Target.Upload target) {
    Repository repository = repositoryForUpload(exchange, target);
    uploads.cancel(repository, target.id());
    exchange.answer(204).send();
  }

  private Repository repositoryForUpload(Exchange exchange, Target.Upload target) {
    Caller caller = access.allowedToUpload(exchange, target);
    return repositories
        .find(target.repository(), caller.sees(target.repository()))
        .orElseThrow(
            () ->
                new RefusedException(
                    Refusal.unknown(
                        ErrorCode.BLOB_UPLOAD_UNKNOWN, "there is no such upload", target.id())));
  }

  /**
   * Mounts, if the caller may read the blob where it is. Whatever is wrong with {@code from} leads
   * to an ordinary upload: an error would end the push and tell what exists.
   */
  private boolean mount(
      Repository repository, Digest digest, Optional<RepositoryName> from, Caller caller) {
    return from.filter(caller::mayRead)
        .flatMap(name -> repositories.find(name, caller.sees(name)))
        .map(source -> blobs.mount(repository, digest, source))
        .orElse(false);
  }

  private static Optional<RepositoryName> nameIfValid(String text) {
    try {
      return Optional.of(RepositoryName.parse(text));
    } catch (RefusedException invalid) {
      return Optional.empty();
    }
  }

  /**
   * Whether a {@code POST} with a digest brings the blob: without a body it does so only for the
   * empty blob, and otherwise opens an upload.
   */
  private static boolean isWhole(Exchange exchange, Digest digest) {
    return exchange.hasBody() || digest.equals(Digest.of(digest.algorithm(), NO_BYTES));
  }

  private static DigestAlgorithm algorithm(Exchange exchange, Optional<Digest> named) {
    Optional<String> hint = exchange.query("digest-algorithm");
    if (hint.isPresent()) {
      return DigestAlgorithm.of(hint.get())
          .orElseThrow(
              () ->
                  new RefusedException(
                      Refusal.invalid(
                          ErrorCode.DIGEST_INVALID,
                          "this digest algorithm is not supported; use sha256 or sha512",
                          hint.get())));
    }
    return named.map(Digest::algorithm).orElse(DigestAlgorithm.SHA256);
  }

  private static Optional<Uploads.Range> contentRange(Exchange exchange) {
    Optional<ContentRange> range = exchange.header(Headers.CONTENT_RANGE).map(ContentRange::parse);
    Optional<Long> length = exchange.contentLength();
    if (range.isPresent() && length.isPresent() && range.get().length() != length.get()) {
      throw new RefusedException(
          Refusal.invalid(
              ErrorCode.SIZE_INVALID,
              "Content-Range speaks of %d bytes and Content-Length of %d"
                  .formatted(range.get().length(), length.get()),
              range.get().toString()));
    }
    return range.map(chunk -> new Uploads.Range(chunk.first(), chunk.last()));
  }

  /** What an upload has already, if there is a limit that it counts for. */
  private long receivedIfLimited(Repository repository, Target.Upload target) {
    return config.maxBlobSize().isPresent()
        ? uploads.status(repository, target.id()).received()
        : 0;
  }

  private ByteSource limitedBody(Exchange exchange, long received) {
    long announced = exchange.contentLength().orElse(0L);
    if (config.maxBlobSize().isEmpty()) {
      return exchange.body().announcing(announced);
    }
    long limit = config.maxBlobSize().get().asLongValue();
    RefusedException tooLarge = LimitedSource.tooLarge(ErrorCode.BLOB_TOO_LARGE, "blob", limit);
    if (announced > limit - received) {
      throw tooLarge;
    }
    return new LimitedSource(exchange.body(), limit - received, tooLarge).announcing(announced);
  }

  /**
   * Tells a client whose chunk was out of order where to go on: the upload is still good, and some
   * clients read its state from this answer.
   */
  private RefusedException withProgress(
      Exchange exchange, Repository repository, Target.Upload target, RefusedException refused) {
    if (refused.refusal().code() == ErrorCode.RANGE_INVALID) {
      Uploads.Status status = uploads.status(repository, target.id());
      exchange.headerOfRefusal(
          Headers.LOCATION, Headers.uploadLocation(target.repository(), status.id()));
      exchange.headerOfRefusal(Headers.RANGE, Headers.receivedRange(status.received()));
    }
    return refused;
  }

  private static void accepted(
      Exchange exchange, int status, RepositoryName repository, Uploads.Status upload) {
    exchange
        .answer(status)
        .location(Headers.uploadLocation(repository, upload.id()))
        .header(Headers.RANGE, Headers.receivedRange(upload.received()))
        .header(Headers.UPLOAD_ID, upload.id())
        .send();
  }

  private static void created(Exchange exchange, RepositoryName repository, Digest digest) {
    exchange.answer(201).location(Headers.blobLocation(repository, digest)).digest(digest).send();
  }
}
