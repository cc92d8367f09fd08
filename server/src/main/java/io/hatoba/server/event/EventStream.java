package io.hatoba.server.event;

import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.server.content.Event;
import io.hatoba.server.content.Events;
import io.hatoba.server.content.Events.Cursor;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import io.hatoba.server.rest.Requester;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One client that listens. Runs on the thread of its request, and waits on nobody but its client;
 * the poller gives it events through a bounded queue, and cuts it when that is full.
 */
final class EventStream {
  /** Some seconds of the busiest registry. */
  static final int QUEUE = 4_096;

  private static final int BATCH = 200;
  private static final String AGAIN = "retry: 3000\n\n";
  private static final String BEAT = ":\n\n";
  private static final String MISSED = "event: reset\ndata: {}\n\n";

  private final EventStreams streams;
  private final Events events;
  private final Duration heartbeat;
  private final Wanted wanted;
  private final Runnable cut;
  private final ArrayBlockingQueue<Item> queue = new ArrayBlockingQueue<>(QUEUE);
  private Requester requester;
  private volatile Cursor cursor;
  private volatile boolean ended;

  EventStream(
      EventStreams streams, Events events, Duration heartbeat, Wanted wanted, Runnable cut) {
    this.streams = streams;
    this.events = events;
    this.heartbeat = heartbeat;
    this.wanted = wanted;
    this.cut = cut;
    this.requester = wanted.caller();
    this.cursor = wanted.from();
  }

  String principal() {
    return wanted.caller().actor().principal();
  }

  Cursor cursor() {
    return cursor;
  }

  /** Sends events until the client goes, its right ends, it is cut, or the server stops. */
  void run(OutputStream output) throws IOException {
    try {
      send(output, wanted.missedSome() ? AGAIN + MISSED : AGAIN);
      catchUp(output);
      while (!ended) {
        Item item = next();
        switch (item) {
          case Item.Beat() -> {
            if (!renew()) {
              return;
            }
            send(output, BEAT);
          }
          case Item.Renew() -> {
            if (!renew()) {
              return;
            }
          }
          case Item.Happened(var message) -> {
            StringBuilder texts = new StringBuilder();
            add(texts, message);
            // What has come meanwhile goes in the same write.
            while (queue.peek() instanceof Item.Happened(var more)) {
              queue.remove();
              add(texts, more);
            }
            send(output, texts.toString());
          }
        }
      }
    } finally {
      end();
    }
  }

  /** Takes an event, or what else there is to do; a full queue cuts the stream. */
  void offer(Item item) {
    if (!queue.offer(item) && !ended) {
      end();
      cut.run();
    }
  }

  /** Ends it as soon as its thread looks. Frees its place at once. */
  void end() {
    ended = true;
    queue.clear();
    queue.offer(new Item.Renew()); // wakes the thread
    streams.left(this);
  }

  private void catchUp(OutputStream output) throws IOException {
    while (!ended) {
      List<Events.Recorded> batch = events.after(cursor, BATCH);
      StringBuilder texts = new StringBuilder();
      for (Events.Recorded recorded : batch) {
        add(texts, Message.of(recorded));
      }
      send(output, texts.toString());
      if (batch.size() < BATCH && streams.join(this)) {
        return;
      }
      if (!renew()) {
        end();
      }
    }
  }

  private Item next() throws IOException {
    try {
      @Nullable Item item = queue.poll(heartbeat.toMillis(), TimeUnit.MILLISECONDS);
      return item == null ? new Item.Beat() : item;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /** Asks again what the caller may; not if the credentials no longer work. */
  private boolean renew() {
    if (ended) {
      return false;
    }
    try {
      requester = wanted.renewal().get();
      return true;
    } catch (RefusedException e) {
      return false; // or the database is away: the client comes back
    }
  }

  private void add(StringBuilder texts, Message message) {
    if (message.cursor().compareTo(cursor) <= 0) {
      return;
    }
    cursor = message.cursor();
    if (wants(message.event()) && mayRead(message.event())) {
      texts.append(message.text());
    }
  }

  private boolean wants(Event event) {
    return wanted.registry().map(Message.registry(event)::equals).orElse(true)
        && (wanted.kinds().isEmpty() || wanted.kinds().contains(event.kind()));
  }

  private boolean mayRead(Event event) {
    return event.repository().indexOf('/') < 0
        ? requester.may(Permission.REGISTRY_READ, new Target.OfRegistry(event.repository()))
        : requester.may(
            Permission.ARTIFACT_READ, new Target.OfImage(RepositoryName.parse(event.repository())));
  }

  private static void send(OutputStream output, String text) throws IOException {
    if (!text.isEmpty()) {
      output.write(text.getBytes(StandardCharsets.UTF_8));
      output.flush();
    }
  }

  /**
   * What a client asked for.
   *
   * @param caller as of the request
   * @param renewal the caller as of later times
   * @param kinds empty: all
   * @param from after which event
   * @param missedSome whether events between the client's last one and {@code from} are gone
   */
  record Wanted(
      Requester caller,
      Supplier<Requester> renewal,
      Optional<String> registry,
      Set<Event.Kind> kinds,
      Cursor from,
      boolean missedSome) {
    Wanted {
      kinds = Set.copyOf(kinds);
    }
  }

  /** What a stream has to do. */
  sealed interface Item {
    /** Tell an event. */
    record Happened(Message message) implements Item {}

    /** Ask again what the caller may. */
    record Renew() implements Item {}

    /** Show that the connection is alive. */
    record Beat() implements Item {}
  }
}
