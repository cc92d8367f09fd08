package io.hatoba.server.content;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Dialect;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.SqlLogger;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** A real database that counts statements, and whose writes fail when they are told to. */
final class SpyDatabase implements Database {
  private static final SqlLogger SILENT = new SqlLogger() {};

  private final Supplier<Database> real;
  private final AtomicInteger statements = new AtomicInteger();
  private final Queue<String> queries = new ConcurrentLinkedQueue<>();
  private final AtomicReference<Fault> fault = new AtomicReference<>(Fault.NONE);
  private final AtomicInteger writesBeforeFault = new AtomicInteger();
  private final AtomicReference<@Nullable CountDownLatch> failBehind = new AtomicReference<>();

  SpyDatabase(Supplier<Database> real) {
    this.real = real;
  }

  /** How many statements were run since the last call. */
  int statements() {
    return statements.getAndSet(0);
  }

  /** The texts of the statements since the last call, with {@code ?} for each parameter. */
  List<String> queries() {
    List<String> all = new ArrayList<>(queries);
    queries.clear();
    return all;
  }

  /** Fails one write, after so many others. */
  void failWrite(Fault how, int after) {
    writesBeforeFault.set(after);
    fault.set(how);
  }

  /** Fails the next write that nobody waits for, as soon as it is allowed to. */
  void failWriteBehind(CountDownLatch allowed) {
    failBehind.set(allowed);
  }

  /** Whether the write that was told to fail has failed; from now on none does. */
  boolean hasFailed() {
    return fault.getAndSet(Fault.NONE) == Fault.NONE;
  }

  @Override
  public Dialect dialect() {
    return real.get().dialect();
  }

  @Override
  public <T extends @Nullable Object> T read(Work<T> work) {
    return real.get().read(handle -> counted(handle, work));
  }

  @Override
  public <T extends @Nullable Object> T write(Work<T> work) {
    Fault now = Fault.NONE;
    if (fault.get() != Fault.NONE && writesBeforeFault.getAndDecrement() == 0) {
      now = fault.getAndSet(Fault.NONE);
    }
    return switch (now) {
      case NONE -> real.get().write(handle -> counted(handle, work));
      case INSTEAD -> throw outage();
      case BEFORE_COMMIT ->
          real.get()
              .write(
                  handle -> {
                    work.run(handle);
                    throw outage();
                  });
      case AFTER_COMMIT -> {
        real.get().write(work);
        throw outage();
      }
    };
  }

  @Override
  public CompletionStage<Void> writeBehind(Work<?> work) {
    CountDownLatch allowed = failBehind.getAndSet(null);
    if (allowed == null) {
      return Database.super.writeBehind(work);
    }
    return real.get()
        .writeBehind(
            handle -> {
              awaited(allowed);
              throw outage();
            });
  }

  @Override
  public boolean exclusive() {
    return real.get().exclusive();
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException("the fixture closes the real one");
  }

  private <T extends @Nullable Object> T counted(Handle handle, Work<T> work) {
    SqlStatements config = handle.getConfig(SqlStatements.class);
    config.setSqlLogger(
        new SqlLogger() {
          @Override
          public void logAfterExecution(StatementContext context) {
            statements.incrementAndGet();
            queries.add(Objects.requireNonNull(context.getParsedSql()).getSql());
          }
        });
    try {
      return work.run(handle);
    } finally {
      config.setSqlLogger(SILENT);
    }
  }

  private static void awaited(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static RefusedException outage() {
    return new RefusedException(
        new Refusal.Unavailable("the database cannot be reached", Duration.ofSeconds(5)));
  }

  /** How a write fails. */
  enum Fault {
    NONE,
    /** Nothing is done. */
    INSTEAD,
    /** Everything is rolled back. */
    BEFORE_COMMIT,
    /** Everything is done, and the answer is lost. */
    AFTER_COMMIT
  }
}
