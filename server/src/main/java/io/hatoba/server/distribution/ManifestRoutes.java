package io.hatoba.server.distribution;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Reference;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.Tag;
import io.hatoba.server.auth.Action;
import io.hatoba.server.auth.Caller;
import io.hatoba.server.content.ArtifactRemoval;
import io.hatoba.server.content.Manifests;
import io.hatoba.server.content.Manifests.TagCondition;
import io.hatoba.server.content.PullListener;
import io.hatoba.server.content.Pulls;
import io.hatoba.server.content.Removed;
import io.hatoba.server.content.Repositories;
import io.hatoba.server.content.Repository;
import io.hatoba.server.content.StoredManifest;
import io.hatoba.server.content.Tags;
import io.quarkus.arc.All;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code /v2/<name>/manifests/<reference>} (end-3, end-7, end-9). What was pushed is what is
 * served, byte for byte and with its own type, whatever the client says it accepts (cup#132).
 */
@Singleton
final class ManifestRoutes {
  private final Access access;
  private final Repositories repositories;
  private final Manifests manifests;
  private final ArtifactRemoval removal;
  private final Tags tags;
  private final PullGates gates;
  private final Pulls pulls;
  private final List<PullListener> listeners;
  private final ManifestBodies bodies;
  private final DistributionConfig config;

  ManifestRoutes(
      Access access,
      Repositories repositories,
      Manifests manifests,
      ArtifactRemoval removal,
      Tags tags,
      PullGates gates,
      Pulls pulls,
      @All List<PullListener> listeners,
      ManifestBodies bodies,
      DistributionConfig config) {
    this.access = access;
    this.repositories = repositories;
    this.manifests = manifests;
    this.removal = removal;
    this.tags = tags;
    this.gates = gates;
    this.pulls = pulls;
    this.listeners = List.copyOf(listeners);
    this.bodies = bodies;
    this.config = config;
  }

  void serve(Exchange exchange, Target.Manifest target) {
    switch (exchange.verb()) {
      case GET -> get(exchange, target);
      case HEAD -> head(exchange, target);
      case PUT -> put(exchange, target);
      case DELETE -> delete(exchange, target);
      case POST, PATCH, OTHER -> throw exchange.methodNotAllowed("GET, HEAD, PUT, DELETE");
    }
  }

  /** Answers a read on the event loop if everything that it takes is remembered. */
  boolean answeredFromMemory(Exchange exchange, Target.Manifest target) {
    if (!exchange.verb().isRead() || !gates.areOpen()) {
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
    Optional<StoredManifest> manifest = manifests.remembered(repository.get(), target.reference());
    if (manifest.isEmpty()) {
      return false;
    }
    if (exchange.verb() == Verb.GET) {
      deliver(exchange, caller.get(), repository.get(), target.reference(), manifest.get());
    } else {
      send(exchange, target.reference(), manifest.get());
    }
    return true;
  }

  /** end-3. */
  private void get(Exchange exchange, Target.Manifest target) {
    Caller caller = access.allowed(exchange, target.repository(), Access.PULL);
    Repository repository =
        repositories.require(target.repository(), caller.sees(target.repository()));
    StoredManifest manifest = find(repository, target.reference());
    gates.check(repository, manifest.digest(), caller);
    deliver(exchange, caller, repository, target.reference(), manifest);
  }

  /** end-3. */
  private void head(Exchange exchange, Target.Manifest target) {
    Caller caller = access.allowedToHead(exchange, target.repository());
    Repository repository =
        repositories.require(target.repository(), caller.sees(target.repository()));
    send(exchange, target.reference(), find(repository, target.reference()));
  }

  /** end-7a, end-7b. */
  private void put(Exchange exchange, Target.Manifest target) {
    Caller caller = access.allowed(exchange, target.repository(), Access.PUSH);
    List<Tag> named = tagsOf(exchange, target.reference());
    TagCondition condition =
        named.isEmpty() ? new TagCondition.Always() : Conditions.ofPush(exchange);
    Repository repository =
        repositories.forPush(target.repository(), caller.sees(target.repository()));
    Optional<Digest> expected =
        target.reference() instanceof Digest digest ? Optional.of(digest) : Optional.empty();
    byte[] content = bodies.read(exchange);
    Manifests.Stored stored =
        manifests.put(
            repository,
            caller.actor(),
            exchange.header(Headers.CONTENT_TYPE),
            content,
            expected,
            named,
            condition);
    Answer answer =
        exchange
            .answer(201)
            .location(Headers.manifestLocation(target.repository(), stored.digest()))
            .digest(stored.digest());
    stored.subject().ifPresent(subject -> answer.header(Headers.SUBJECT, subject.toString()));
    if (expected.isPresent()) {
      named.forEach(tag -> answer.addHeader(Headers.TAG, tag.name()));
    }
    answer.send();
  }

  /**
   * end-9: by tag it is the tag that goes, by digest the manifest with all its tags and what lives
   * and dies with it.
   */
  private void delete(Exchange exchange, Target.Manifest target) {
    Caller caller = access.allowed(exchange, target.repository(), Access.DELETE);
    Repository repository =
        repositories.require(target.repository(), caller.sees(target.repository()));
    Optional<Removed> done =
        switch (target.reference()) {
          case Tag tag -> tags.delete(repository, tag, caller.actor());
          case Digest digest -> removal.delete(repository, digest, caller.actor());
        };
    Removed removed = done.orElseThrow(() -> unknown(target.reference()));
    Answer answer = exchange.answer(202);
    removed
        .undo()
        .ifPresent(
            undo ->
                answer
                    .header(Headers.DELETION, Long.toString(undo.id()))
                    .header(Headers.RESTORABLE, undo.until().toString()));
    answer.send();
  }

  /** The tags that a push shall move: the one in its path, or those in {@code tag} parameters. */
  private List<Tag> tagsOf(Exchange exchange, Reference reference) {
    return switch (reference) {
      case Tag tag -> List.of(tag);
      case Digest _ -> {
        Set<Tag> named = new LinkedHashSet<>();
        for (String text : exchange.queries("tag")) {
          named.add(Tag.parse(text));
        }
        if (named.size() > config.maxTagsPerPush()) {
          throw new RefusedException(
              Refusal.invalid(
                  ErrorCode.REQUEST_INVALID,
                  "one push moves at most " + config.maxTagsPerPush() + " tags",
                  Integer.toString(config.maxTagsPerPush())));
        }
        yield new ArrayList<>(named);
      }
    };
  }

  private StoredManifest find(Repository repository, Reference reference) {
    return manifests.find(repository, reference).orElseThrow(() -> unknown(reference));
  }

  /** Counts the pull, unless the client has the manifest or this request's credentials may push. */
  private void deliver(
      Exchange exchange,
      Caller caller,
      Repository repository,
      Reference reference,
      StoredManifest manifest) {
    int status = send(exchange, reference, manifest);
    if (status == 200 && !caller.may(repository.name(), Action.PUSH)) {
      Optional<Tag> asked = reference instanceof Tag tag ? Optional.of(tag) : Optional.empty();
      pulls.pulled(repository, manifest.digest(), asked);
      for (PullListener listener : listeners) {
        listener.pulled(repository, manifest.digest(), asked, caller.actor());
      }
    }
  }

  /** Returns the status. */
  private static int send(Exchange exchange, Reference reference, StoredManifest manifest) {
    Answer answer = exchange.answer(isUnchanged(exchange, manifest) ? 304 : 200);
    answer.digest(manifest.digest()).header(Headers.ETAG, Headers.entityTag(manifest.digest()));
    if (reference instanceof Digest) {
      answer.header(Headers.CACHE_CONTROL, Headers.IMMUTABLE);
    }
    if (answer.status() == 304) {
      answer.send();
    } else {
      answer.send(manifest.mediaType(), manifest.bytes());
    }
    return answer.status();
  }

  private static boolean isUnchanged(Exchange exchange, StoredManifest manifest) {
    return exchange.header(Headers.IF_NONE_MATCH).isPresent()
        && EntityTags.parse(exchange.headers(Headers.IF_NONE_MATCH))
            .match(manifest.digest().toString());
  }

  private static RefusedException unknown(Reference reference) {
    return new RefusedException(
        Refusal.unknown(
            ErrorCode.MANIFEST_UNKNOWN,
            "the repository has no such " + (reference instanceof Tag ? "tag" : "manifest"),
            reference.toString()));
  }
}
