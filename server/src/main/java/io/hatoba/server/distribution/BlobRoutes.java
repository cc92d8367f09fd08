package io.hatoba.server.distribution;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.auth.Action;
import io.hatoba.server.auth.Caller;
import io.hatoba.server.content.Blob;
import io.hatoba.server.content.Blobs;
import io.hatoba.server.content.Repositories;
import io.hatoba.server.content.Repository;
import jakarta.inject.Singleton;
import java.util.Optional;

/** {@code /v2/<name>/blobs/<digest>} (end-2, end-10). */
@Singleton
final class BlobRoutes {
  private final Access access;
  private final Repositories repositories;
  private final Blobs blobs;
  private final BlobSender sender;

  BlobRoutes(Access access, Repositories repositories, Blobs blobs, BlobSender sender) {
    this.access = access;
    this.repositories = repositories;
    this.blobs = blobs;
    this.sender = sender;
  }

  void serve(Exchange exchange, Target.Blob target) {
    switch (exchange.verb()) {
      case GET -> get(exchange, target);
      case HEAD -> head(exchange, target);
      case DELETE -> delete(exchange, target);
      case POST, PUT, PATCH, OTHER -> throw exchange.methodNotAllowed("GET, HEAD, DELETE");
    }
  }

  /**
   * Answers a {@code GET} on the event loop if everything that it takes is remembered. {@code HEAD}
   * is not: a push asks with it, and then what is found must be kept.
   */
  boolean answeredFromMemory(Exchange exchange, Target.Blob target) {
    if (exchange.verb() != Verb.GET || BlobSender.needsThread(exchange)) {
      return false;
    }
    Optional<Caller> caller = access.remembered(exchange);
    if (caller.isEmpty()
        || !caller.get().sees(target.repository())
        || !caller.get().may(target.repository(), Action.PULL)) {
      return false;
    }
    Optional<Repository> repository = repositories.remembered(target.repository());
    if (repository.isEmpty()) {
      return false;
    }
    Optional<Blob> blob = blobs.remembered(repository.get(), target.digest());
    blob.ifPresent(found -> sender.send(exchange, found));
    return blob.isPresent();
  }

  /** end-2. */
  private void get(Exchange exchange, Target.Blob target) {
    Caller caller = access.allowed(exchange, target.repository(), Access.PULL);
    Repository repository =
        repositories.require(target.repository(), caller.sees(target.repository()));
    sender.send(
        exchange,
        blobs.find(repository, target.digest()).orElseThrow(() -> unknown(target.digest())));
  }

  /** end-2. For whoever may push, what is found stays for as long as a push needs it. */
  private void head(Exchange exchange, Target.Blob target) {
    Caller caller = access.allowedToHead(exchange, target.repository());
    Repository repository =
        repositories.require(target.repository(), caller.sees(target.repository()));
    Optional<Blob> blob =
        caller.may(target.repository(), Action.PUSH)
            ? blobs.findForPush(repository, target.digest())
            : blobs.find(repository, target.digest());
    sender.send(exchange, blob.orElseThrow(() -> unknown(target.digest())));
  }

  /** end-10. */
  private void delete(Exchange exchange, Target.Blob target) {
    Caller caller = access.allowed(exchange, target.repository(), Access.DELETE);
    Repository repository =
        repositories.require(target.repository(), caller.sees(target.repository()));
    if (!blobs.delete(repository, target.digest())) {
      throw unknown(target.digest());
    }
    exchange.answer(202).send();
  }

  private static RefusedException unknown(Digest digest) {
    return new RefusedException(
        Refusal.unknown(
            ErrorCode.BLOB_UNKNOWN, "the repository has no such blob", digest.toString()));
  }
}
