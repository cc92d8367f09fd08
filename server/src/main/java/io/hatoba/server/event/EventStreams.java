package io.hatoba.server.event;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.content.Events;
import io.hatoba.server.content.Events.Cursor;
import io.hatoba.server.event.EventStream.Item;
import io.hatoba.server.event.EventStream.Wanted;
import io.hatoba.server.registry.AccessVersion;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/**
 * The event streams of this server. One thread reads the outbox for all of them, twice a second,
 * and not at all while nobody listens; when rights have changed it has every stream ask anew.
 */
@Singleton
public final class EventStreams implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(EventStreams.class);
  private static final Duration HEARTBEAT = Duration.ofSeconds(15);
  private static final long POLL_MILLISECONDS = 500;
  private static final int BATCH = 200;

  private final Events events;
  private final AccessVersion version;
  private final EventConfig config;
  private final Duration heartbeat;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("events").factory());

  private final ReentrantLock lock = new ReentrantLock();
  private final Set<EventStream> open = new HashSet<>();
  private final Map<String, Integer> openOf = new HashMap<>();

  /** Those that have caught up with {@link #head}. */
  private final Set<EventStream> live = new HashSet<>();

  private Cursor head = Cursor.START;
  private long versionSeen;
  private boolean closed;

  @Inject
  EventStreams(Events events, AccessVersion version, EventConfig config) {
    this(events, version, config, HEARTBEAT);
  }

  EventStreams(Events events, AccessVersion version, EventConfig config, Duration heartbeat) {
    this.events = events;
    this.version = version;
    this.config = config;
    this.heartbeat = heartbeat;
  }

  void start(@Observes StartupEvent event) {
    var _ =
        timer.scheduleWithFixedDelay(
            this::tryToPoll, POLL_MILLISECONDS, POLL_MILLISECONDS, TimeUnit.MILLISECONDS);
  }

  /**
   * Makes a stream, which counts as open until it has ended.
   *
   * @param cut closes the connection, whose client reads too slowly
   * @throws RefusedException with {@link ErrorCode#TOOMANYREQUESTS} above the limits, {@link
   *     ErrorCode#UNAVAILABLE} while the server stops
   */
  EventStream open(Wanted wanted, Runnable cut) {
    EventStream stream = new EventStream(this, events, heartbeat, wanted, cut);
    lock.lock();
    try {
      if (closed) {
        throw new RefusedException(
            new Refusal.Unavailable("the server is stopping", Duration.ofSeconds(5)));
      }
      int ofPrincipal = openOf.getOrDefault(stream.principal(), 0);
      if (open.size() >= config.maxStreams() || ofPrincipal >= config.maxStreamsPerPrincipal()) {
        throw new RefusedException(
            new Refusal.TooMany(
                "too many event streams are open (%s); close one"
                    .formatted(
                        ofPrincipal >= config.maxStreamsPerPrincipal()
                            ? "hatoba.event.max-streams-per-principal"
                            : "hatoba.event.max-streams"),
                Duration.ofSeconds(10)));
      }
      open.add(stream);
      openOf.put(stream.principal(), ofPrincipal + 1);
      return stream;
    } finally {
      lock.unlock();
    }
  }

  /** Gives a stream what comes from now on, if it has seen what the others have. */
  boolean join(EventStream stream) {
    lock.lock();
    try {
      if (!open.contains(stream)) {
        return true; // it has ended meanwhile, and looks at that next
      }
      if (live.isEmpty()) {
        head = stream.cursor();
      }
      return stream.cursor().compareTo(head) >= 0 && live.add(stream);
    } finally {
      lock.unlock();
    }
  }

  /** Frees the place of a stream. */
  void left(EventStream stream) {
    lock.lock();
    try {
      live.remove(stream);
      if (open.remove(stream)) {
        openOf.computeIfPresent(stream.principal(), (_, count) -> count == 1 ? null : count - 1);
      }
    } finally {
      lock.unlock();
    }
  }

  /** How many streams are open. */
  int size() {
    lock.lock();
    try {
      return open.size();
    } finally {
      lock.unlock();
    }
  }

  /** Reads the outbox once and tells everyone. */
  void poll() {
    if (size() == 0) {
      return;
    }
    long now = version.current();
    while (pollOnce(now) == BATCH) {
      // more has happened than one batch holds
    }
  }

  private int pollOnce(long versionNow) {
    Cursor from;
    lock.lock();
    try {
      if (versionNow != versionSeen) {
        versionSeen = versionNow;
        List.copyOf(open).forEach(stream -> stream.offer(new Item.Renew()));
      }
      if (live.isEmpty()) {
        return 0;
      }
      from = head;
    } finally {
      lock.unlock();
    }
    List<Events.Recorded> batch =
        events.after(from, BATCH); // without the lock: it may take its time
    return tell(from, batch) ? batch.size() : 0;
  }

  /** Not if all have gone meanwhile and others have come, who began elsewhere. */
  private boolean tell(Cursor from, List<Events.Recorded> batch) {
    lock.lock();
    try {
      if (!head.equals(from)) {
        return false;
      }
      for (Events.Recorded recorded : batch) {
        Item item = new Item.Happened(Message.of(recorded));
        List.copyOf(live).forEach(stream -> stream.offer(item));
        head = recorded.cursor();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void tryToPoll() {
    try {
      poll();
    } catch (RuntimeException e) {
      LOG.warn("failed to read events for the streams, will try again", e);
    }
  }

  /** Ends all streams; none is opened after this. */
  @Override
  @PreDestroy
  public void close() {
    timer.shutdown();
    lock.lock();
    try {
      closed = true;
      List.copyOf(open).forEach(EventStream::end);
    } finally {
      lock.unlock();
    }
  }
}
