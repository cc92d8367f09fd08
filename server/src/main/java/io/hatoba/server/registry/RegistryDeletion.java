package io.hatoba.server.registry;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.content.Actor;
import io.hatoba.server.content.RegistryContent;
import io.hatoba.server.content.RegistryContent.Refused;
import io.hatoba.server.content.Repositories;
import io.hatoba.server.database.Database;
import io.quarkus.arc.All;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;

/**
 * How a registry goes.
 *
 * <pre>
 * live ── one transaction: its name is taken from it ──▶ absent for everyone ── pieces ──▶ no row
 * </pre>
 *
 * <p>From the first step on nothing finds the registry or what is in it, and its name is free. What
 * it holds is removed in small transactions, by the request itself as far as that is quick and by
 * every node each minute, so that a crash only delays it. A push that was under way is carried out
 * before, or told {@code NAME_UNKNOWN}; no row of it stays. Content that no other registry has goes
 * with it, also what had been deleted before and could be brought back until then.
 */
@Singleton
public final class RegistryDeletion implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(RegistryDeletion.class);
  private static final long INTERVAL_SECONDS = 60;
  private static final int BATCH = 100;

  /** What a request waits for: about a hundred thousand rows. */
  private static final int PIECES_AT_ONCE = 100;

  private static final int NAMED_IN_A_MESSAGE = 20;

  private final Database database;
  private final RegistryStore store;
  private final AccessVersion version;
  private final RegistryContent content;
  private final Repositories repositories;
  private final List<RegistryListener> listeners;
  private final InstantSource clock;
  private final CountDownLatch stopped = new CountDownLatch(1);

  public RegistryDeletion(
      Database database,
      AccessVersion version,
      RegistryContent content,
      Repositories repositories,
      InstantSource clock,
      @All List<RegistryListener> listeners) {
    this.database = database;
    this.store = new RegistryStore(database.dialect());
    this.version = version;
    this.content = content;
    this.repositories = repositories;
    this.clock = clock;
    this.listeners = List.copyOf(listeners);
  }

  /**
   * Deletes a registry; when this returns it is absent.
   *
   * @param force with everything in it; otherwise only if it is empty
   * @throws RefusedException with {@link ErrorCode#NAME_UNKNOWN} if it does not exist, {@link
   *     ErrorCode#CONFLICT} if it is not empty, or if a tag in it is protected: then nothing goes
   */
  public void delete(RegistryName name, boolean force, Actor actor) {
    Registry registry =
        database
            .read(handle -> store.find(handle, name))
            .orElseThrow(() -> Registries.unknown(name));
    if (force) {
      requireUnprotected(registry);
    }
    try (var _ = repositories.forget(name.value())) {
      version.change(handle -> mark(handle, registry, force, actor));
    }
    try {
      finish(registry.id(), PIECES_AT_ONCE);
    } catch (RuntimeException e) {
      LOG.warnf(
          e, "failed to empty a deleted registry, will go on in a minute id=%d", registry.id());
    }
  }

  /** Starts to finish what was begun, each minute, until closed. */
  public void start() {
    Thread.ofPlatform().name("registry-deletion").daemon(true).start(this::run);
  }

  /** Goes on with what was begun and is not finished, on this node or another. */
  public void runOnce() {
    for (long id : database.read(handle -> store.deleted(handle, BATCH))) {
      finish(id, Integer.MAX_VALUE);
    }
  }

  @Override
  @PreDestroy
  public void close() {
    stopped.countDown();
  }

  private void requireUnprotected(Registry registry) {
    List<Refused> kept = content.refusals(registry.id(), NAMED_IN_A_MESSAGE);
    if (!kept.isEmpty()) {
      throw conflict(
          registry,
          "the registry %s holds tags that are protected, so nothing of it was deleted: %s%s"
              .formatted(
                  registry.name(),
                  kept.stream()
                      .map(tag -> "%s:%s (%s)".formatted(tag.repository(), tag.tag(), tag.why()))
                      .collect(Collectors.joining("; ")),
                  kept.size() == NAMED_IN_A_MESSAGE ? " …" : ""));
    }
  }

  private Registry mark(Handle handle, Registry registry, boolean force, Actor actor) {
    if (store
        .lock(handle, registry.name())
        .filter(current -> current.id() == registry.id())
        .isEmpty()) {
      throw Registries.unknown(registry.name());
    }
    if (!force && !content.isEmpty(handle, registry.id())) {
      throw conflict(
          registry,
          "the registry %s is not empty; delete its images first, or delete it with all of them by ?force=true"
              .formatted(registry.name()));
    }
    store.markDeleted(handle, registry.id(), Instant.ofEpochMilli(clock.millis()));
    content.deleted(handle, registry.id(), registry.name().value(), actor);
    listeners.forEach(listener -> listener.deleted(handle, registry));
    return registry;
  }

  private void finish(long id, int pieces) {
    for (int i = 0; i < pieces; i++) {
      switch (content.removeSome(id)) {
        case MORE -> {}
        case WAITING -> {
          return;
        }
        case DONE -> {
          database.write(
              handle -> {
                store.delete(handle, id);
                return id;
              });
          return;
        }
      }
    }
  }

  private static RefusedException conflict(Registry registry, String message) {
    return new RefusedException(
        new Refusal.Conflict(ErrorCode.CONFLICT, message, registry.name().value()));
  }

  private void run() {
    try {
      while (!stopped.await(INTERVAL_SECONDS, TimeUnit.SECONDS)) {
        try {
          runOnce();
        } catch (RuntimeException e) {
          LOG.warn("failed to empty deleted registries, will try again in a minute", e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
