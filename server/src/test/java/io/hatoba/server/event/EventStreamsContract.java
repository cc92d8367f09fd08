package io.hatoba.server.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.auth.Caller;
import io.hatoba.server.content.Events;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Dialect;
import io.hatoba.server.event.EventStream.Wanted;
import io.hatoba.server.registry.AccessVersion;
import io.hatoba.server.rest.Requester;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Slow clients, ended rights and the end of the server, without HTTP. */
abstract class EventStreamsContract {
  private Database database;
  private AccessVersion version;
  private EventStreams streams;

  abstract Database open(Path dir);

  @BeforeEach
  void start(@TempDir Path dir) {
    database = open(dir);
    version = new AccessVersion(database);
    streams = streams(Duration.ofSeconds(15));
  }

  @AfterEach
  void close() {
    streams.close();
    database.close();
  }

  @Test
  void aClientThatTakesNothingIsCutAndHoldsUpNobody() throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    CountDownLatch cut = new CountDownLatch(1);
    Gathered reading = new Gathered();
    EventStream slow = streams.open(wanted(Requesters.ALLOWED), cut::countDown);
    EventStream quick = streams.open(wanted(Requesters.ALLOWED), () -> {});
    Thread slowly = run(slow, new Stuck(stuck));
    Thread quickly = run(quick, reading);
    await().until(() -> reading.text().contains("retry"));

    int happened = EventStream.QUEUE + 500;
    happen(happened);
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              streams.poll();
              return reading.events() == happened;
            });

    assertThat(cut.getCount()).as("the slow one was cut").isZero();
    assertThat(streams.size()).as("and its place is free").isEqualTo(1);
    stuck.countDown(); // as a closed connection does
    slowly.join();
    streams.close();
    quickly.join();
  }

  @Test
  void aCallerThatMayNoLongerComeInIsSentAway() throws Exception {
    AtomicBoolean works = new AtomicBoolean(true);
    AtomicInteger asked = new AtomicInteger();
    Supplier<Requester> renewal =
        () -> {
          asked.incrementAndGet();
          if (works.get()) {
            return Requesters.ALLOWED;
          }
          throw new RefusedException(new Refusal.Unauthorized("gone", Optional.empty(), List.of()));
        };
    Gathered reading = new Gathered();
    EventStream stream =
        streams.open(
            new Wanted(
                Requesters.ALLOWED,
                renewal,
                Optional.empty(),
                Set.of(),
                Events.Cursor.START,
                false),
            () -> {});
    Thread thread = run(stream, reading);
    await().until(() -> reading.text().contains("retry"));

    works.set(false);
    version.change(handle -> 1);
    streams.poll();
    thread.join();

    assertThat(asked).hasPositiveValue();
    assertThat(streams.size()).isZero();
  }

  @Test
  void whatTheCallerMayNotReadIsNotSent() throws Exception {
    Gathered reading = new Gathered();
    EventStream stream = streams.open(wanted(Requesters.REFUSED), () -> {});
    Gathered witness = new Gathered();
    EventStream allowed = streams.open(wanted(Requesters.ALLOWED), () -> {});
    Thread thread = run(stream, reading);
    Thread other = run(allowed, witness);
    happen(10);
    await()
        .until(
            () -> {
              streams.poll();
              return witness.events() == 10;
            });
    streams.close();
    thread.join();
    other.join();

    assertThat(reading.events()).isZero();
  }

  @Test
  void aQuietStreamShowsThatItLives() throws Exception {
    streams.close();
    streams = streams(Duration.ofMillis(20));
    Gathered reading = new Gathered();
    Thread thread = run(streams.open(wanted(Requesters.ALLOWED), () -> {}), reading);

    await().until(() -> reading.text().contains("\n\n:\n\n:\n\n"));
    streams.close();
    thread.join();
    assertThatThrownBy(() -> streams.open(wanted(Requesters.ALLOWED), () -> {}))
        .isInstanceOf(RefusedException.class);
  }

  @Test
  void aClientThatHasGoneFreesItsPlace() throws Exception {
    EventStream stream = streams.open(wanted(Requesters.ALLOWED), () -> {});
    Thread thread = run(stream, new Gone());
    thread.join();

    assertThat(streams.size()).isZero();
  }

  private EventStreams streams(Duration heartbeat) {
    return new EventStreams(
        new Events(database),
        version,
        new EventConfig() {
          @Override
          public int maxStreams() {
            return 10;
          }

          @Override
          public int maxStreamsPerPrincipal() {
            return 10;
          }
        },
        heartbeat);
  }

  private static Wanted wanted(Requester caller) {
    return new Wanted(caller, () -> caller, Optional.empty(), Set.of(), Events.Cursor.START, false);
  }

  private static Thread run(EventStream stream, OutputStream output) {
    return Thread.ofVirtual()
        .start(
            () -> {
              try {
                stream.run(output);
              } catch (IOException e) {
                assertThat(e).hasMessage("closed");
              }
            });
  }

  private void happen(int count) {
    boolean sqlite = database.dialect() == Dialect.SQLITE;
    String insert =
        "INSERT INTO event (tx, at, kind, registry_id, repository, digest, tag, actor, via, address)"
            + " SELECT "
            + database.dialect().transactionId()
            + ", 0, 'tag.created', 1, 'main/app', 'sha256:"
            + "a".repeat(64)
            + "', 't' || i, 'account:kim', '', '' FROM ";
    database.write(
        handle ->
            handle.execute(
                sqlite
                    ? "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                        + count
                        + ") "
                        + insert
                        + "n"
                    : insert + "generate_series(1, " + count + ") AS n (i)"));
  }

  /** Callers whose rights are all or none. */
  private static final class Requesters {
    static final Requester REFUSED = Caller.anonymous("192.0.2.1");
    static final Requester ALLOWED = new Everything();
  }

  /** What was sent. */
  private static final class Gathered extends ByteArrayOutputStream {
    String text() {
      return toString(StandardCharsets.UTF_8);
    }

    long events() {
      return text().lines().filter(line -> line.startsWith("event: ")).count();
    }
  }

  /** A connection that takes the first bytes and then nothing until it is closed. */
  private static final class Stuck extends OutputStream {
    private final CountDownLatch closed;
    private boolean first = true;

    Stuck(CountDownLatch closed) {
      this.closed = closed;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (first) {
        first = false;
        return;
      }
      try {
        closed.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      throw new IOException("closed");
    }
  }

  /** A connection that is closed. */
  private static final class Gone extends OutputStream {
    @Override
    public void write(int b) throws IOException {
      throw new IOException("closed");
    }
  }
}
