package io.hatoba.server.account;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.rest.Checks;
import io.hatoba.server.rest.IfMatch;
import io.hatoba.server.rest.Page;
import io.hatoba.server.rest.Patch;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What the resources of access keys share: one's own, those of people, those of robots. */
@Singleton
public final class KeyOperations {
  private static final int LONGEST_NAME = 100;

  private final AccessKeys keys;
  private final InstantSource clock;

  public KeyOperations(AccessKeys keys, InstantSource clock) {
    this.keys = keys;
    this.clock = clock;
  }

  Page<Shown> list(Account account) {
    List<Shown> all = keys.list(account.id()).stream().map(this::shown).toList();
    return new Page<>(all, Optional.empty(), Optional.of((long) all.size()));
  }

  Response get(Account account, String id) {
    return answer(Response.ok(), find(account, id));
  }

  private AccessKey find(Account account, String id) {
    return Optional.of(id)
        .filter(AccessKey::isId)
        .flatMap(known -> keys.find(account.id(), known))
        .orElseThrow(
            () ->
                new RefusedException(
                    Refusal.unknown(
                        ErrorCode.NAME_UNKNOWN,
                        "the account has no access key with this id",
                        id.substring(0, Math.min(id.length(), 64)))));
  }

  Response create(Account account, @Nullable NewKey body, Place place) {
    NewKey wanted = body == null ? new NewKey(null, null, null) : body;
    Checks checks = new Checks();
    AccessKey.Settings settings =
        new AccessKey.Settings(
            checks.text("/name", wanted.name(), LONGEST_NAME),
            true,
            Moments.future(checks, "/expiresAt", wanted.expiresAt(), clock),
            KeyScope.Wanted.read(checks, "/scopes", wanted.scopes()));
    checks.done();
    AccessKey.Issued issued = keys.create(account, settings, place.from());
    return Response.status(Response.Status.CREATED)
        .header(HttpHeaders.LOCATION, place.collection() + "/" + issued.key().id())
        .header(HttpHeaders.ETAG, IfMatch.tagOf(Changeable.of(issued.key())))
        .entity(shown(issued.key()).with(issued.secret().reveal()))
        .build();
  }

  Response change(Account account, String id, IfMatch condition, @Nullable JsonNode body) {
    Patch patch = new Patch(body == null ? NullNode.getInstance() : body, condition);
    AccessKey changed =
        keys.change(account.id(), find(account, id).id(), before -> settings(patch, before));
    return answer(Response.ok(), changed);
  }

  private AccessKey.Settings settings(Patch patch, AccessKey.Settings before) {
    Changeable wanted = patch.applyTo(Changeable.of(before));
    Checks checks = new Checks();
    Optional<Instant> expiresAt =
        wanted.expiresAt().equals(before.expiresAt().map(Instant::toString))
            ? before.expiresAt()
            : Moments.future(checks, "/expiresAt", wanted.expiresAt().orElse(null), clock);
    AccessKey.Settings after =
        new AccessKey.Settings(
            checks.text("/name", wanted.name(), LONGEST_NAME),
            wanted.enabled(),
            expiresAt,
            KeyScope.Wanted.read(checks, "/scopes", wanted.scopes()));
    checks.done();
    return after;
  }

  Shown reissue(Account account, String id) {
    String secret = keys.reissue(account.id(), find(account, id).id()).reveal();
    return shown(find(account, id)).with(secret);
  }

  Response delete(Account account, String id) {
    keys.delete(account.id(), find(account, id).id());
    return Response.noContent().build();
  }

  private Response answer(Response.ResponseBuilder answer, AccessKey key) {
    return answer
        .header(HttpHeaders.ETAG, IfMatch.tagOf(Changeable.of(key)))
        .entity(shown(key))
        .build();
  }

  private Shown shown(AccessKey key) {
    Duration age = Duration.between(key.secretAt(), clock.instant());
    return new Shown(
        key.id(),
        Optional.empty(),
        key.name(),
        key.enabled(),
        key.created().at(),
        key.expiresAt(),
        key.lastUsed().map(AccessKey.Use::at),
        key.lastUsed().map(AccessKey.Use::address),
        key.scopes().map(scopes -> scopes.stream().map(KeyScope.Shown::of).toList()),
        Math.max(0, age.toDays()),
        age.compareTo(AccessKey.OLD) >= 0
            ? Optional.of(
                "the secret is older than %d days; make a new one by reissue"
                    .formatted(AccessKey.OLD.toDays()))
            : Optional.empty());
  }

  /**
   * Where a key is made.
   *
   * @param collection the path of the list it is in
   * @param from the network address of who asks
   */
  record Place(String collection, String from) {}

  /**
   * What makes a key.
   *
   * @param name for people; may be empty
   * @param expiresAt from then on it does not work; absent: no end
   * @param scopes what it is narrowed to; absent: it may do all that its owner may
   */
  @Schema(name = "NewAccessKey")
  public record NewKey(
      @Nullable String name, @Nullable String expiresAt, @Nullable List<KeyScope.Wanted> scopes) {}

  /** What can be changed of a key. */
  @Schema(name = "AccessKeyChange")
  public record Changeable(
      @Nullable String name,
      boolean enabled,
      Optional<String> expiresAt,
      @Nullable List<KeyScope.Wanted> scopes) {
    static Changeable of(AccessKey key) {
      return of(key.settings());
    }

    static Changeable of(AccessKey.Settings settings) {
      return new Changeable(
          settings.name(),
          settings.enabled(),
          settings.expiresAt().map(Instant::toString),
          settings.scopes().map(Changeable::wanted).orElse(null));
    }

    private static List<KeyScope.Wanted> wanted(List<KeyScope> scopes) {
      return scopes.stream()
          .map(KeyScope.Shown::of)
          .map(
              scope ->
                  new KeyScope.Wanted(
                      scope.registry().orElse(null), scope.images().orElse(null), scope.actions()))
          .toList();
    }
  }

  /**
   * A key as the API shows it.
   *
   * @param secret only in the answer to the call that made it
   * @param lastUsedAt about when; written every few seconds
   * @param secretAgeDays how old its secret is
   * @param warning what should be done about it, if anything
   */
  @Schema(name = "AccessKey")
  public record Shown(
      String id,
      Optional<String> secret,
      String name,
      boolean enabled,
      Instant createdAt,
      Optional<Instant> expiresAt,
      Optional<Instant> lastUsedAt,
      Optional<String> lastUsedFrom,
      Optional<List<KeyScope.Shown>> scopes,
      long secretAgeDays,
      Optional<String> warning) {
    Shown with(String newSecret) {
      return new Shown(
          id,
          Optional.of(newSecret),
          name,
          enabled,
          createdAt,
          expiresAt,
          lastUsedAt,
          lastUsedFrom,
          scopes,
          secretAgeDays,
          warning);
    }

    @Override
    public String toString() {
      return "Shown[" + id + "]";
    }
  }
}
