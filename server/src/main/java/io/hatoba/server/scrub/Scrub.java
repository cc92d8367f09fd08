package io.hatoba.server.scrub;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.content.Damage;
import io.hatoba.server.content.Damage.Kind;
import io.hatoba.server.content.Damage.Problem;
import io.hatoba.server.database.Database;
import io.hatoba.server.scrub.Pass.Piece;
import io.hatoba.server.scrub.Pass.Tally;
import io.hatoba.server.scrub.Verifier.Verdict;
import io.hatoba.server.startup.NodeId;
import io.hatoba.server.storage.Storage;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Reads stored content again and marks what is damaged. Every node takes part; see
 * docs/design/scrub.md.
 */
@Singleton
public final class Scrub {
  private static final Logger LOG = Logger.getLogger(Scrub.class);
  private static final Duration CLAIM = Duration.ofMinutes(3);
  private static final Duration BEAT = Duration.ofSeconds(30);
  private static final int DIGESTS_AT_ONCE = 256;
  private static final int RETRIES_AT_ONCE = 20;
  private static final Duration FIRST_RETRY = Duration.ofMinutes(1);
  private static final Duration LONGEST_RETRY = Duration.ofHours(6);
  private static final Duration RETRY_CLAIM = Duration.ofHours(1);

  /** So many failures one after the other are an outage; to go on would put off everything. */
  private static final int OUTAGE = 5;

  private static final Duration OUTAGE_PAUSE = Duration.ofMinutes(1);

  private final Damage damage;
  private final PassStore passes;
  private final CopyStore copies;
  private final FindingStore findings;
  private final Verifier verifier;
  private final Pace pace;
  private final Duration period;
  private final String me;
  private final InstantSource clock;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Semaphore wake = new Semaphore(0);
  private int failuresInARow;
  private Instant pausedUntil = Instant.EPOCH;

  public Scrub(
      Database database,
      Storage storage,
      Damage damage,
      ScrubConfig config,
      NodeId node,
      InstantSource clock) {
    this.damage = damage;
    this.passes = new PassStore(database);
    this.copies = new CopyStore(database);
    this.findings = new FindingStore(database);
    this.verifier = new Verifier(storage);
    this.pace = new Pace(config.bytesPerSecond().asLongValue());
    this.period = config.period();
    this.me = node.value();
    this.clock = clock;
  }

  /** How things stand. */
  public Status status() {
    Optional<Pass> running = passes.running();
    Optional<Pass> last =
        passes.page(Optional.empty(), 2).stream()
            .filter(pass -> pass.state() != Pass.State.RUNNING)
            .findFirst();
    FindingStore.Counts counts = findings.counts();
    return new Status(
        period.isPositive(),
        running,
        last,
        last.filter(_ -> period.isPositive() && running.isEmpty())
            .map(pass -> pass.startedAt().plus(period)),
        counts.damaged(),
        counts.unreadable(),
        counts.keptAside());
  }

  /**
   * Starts a pass that does not wait for its time, in the place of one by the schedule.
   *
   * @throws RefusedException with {@code CONFLICT} if such a pass runs
   */
  public Pass start(String principal) {
    Pass started =
        passes
            .startByHand(principal, clock.instant())
            .orElseThrow(
                () ->
                    new RefusedException(
                        new Refusal.Conflict(
                            ErrorCode.CONFLICT,
                            "a pass that was started by hand is running; wait for it, or stop it first",
                            passes.running().map(pass -> Long.toString(pass.id())).orElse(""))));
    wake.release();
    return started;
  }

  /**
   * Stops a pass, if it runs; a node that reads a piece of it does so within a minute.
   *
   * @throws RefusedException with {@code NAME_UNKNOWN} if there is none
   */
  public Pass stop(long id) {
    passes.stop(id, clock.instant());
    return pass(id);
  }

  /** A pass, as {@link #stop} says it. */
  public Pass pass(long id) {
    return passes.find(id).orElseThrow(() -> unknown("there is no such run", id));
  }

  /** Passes, newest first. */
  List<Pass> passes(Optional<Long> before, int limit) {
    return passes.page(before, limit);
  }

  /** What was found, newest first. */
  List<Finding> findings(FindingStore.Which which, Optional<Long> before, int limit) {
    return findings.page(which, before, limit);
  }

  /** One finding. */
  Finding finding(long id) {
    return findings.find(id).orElseThrow(() -> unknown("there is no such finding", id));
  }

  /** Some images that have what was found. */
  List<String> images(Finding finding, int limit) {
    return findings.images(finding, limit);
  }

  /** Forgets a finding that is over, with what was kept aside. */
  void discard(long id) {
    if (!damage.discard(id)) {
      throw unknown("there is no such finding", id);
    }
  }

  /** What could not be read. */
  List<Unreadable> unreadable(Optional<List<String>> after, int limit) {
    return copies.page(after, limit);
  }

  /**
   * Does what is due on this node, at its pace: that may take days. Used by one thread at a time.
   *
   * @return how many copies were read
   */
  public long runOnce() {
    for (Damage.Ended ended : damage.settle()) {
      LOG.infof(
          "what was damaged is so no more kind=%s digest=%s outcome=%s",
          ended.kind().word(), ended.digest(), ended.outcome().word());
    }
    if (clock.instant().isBefore(pausedUntil)) {
      return 0;
    }
    long read = retry();
    startIfDue();
    while (!isStopped()
        && !clock.instant().isBefore(pausedUntil)
        && passes.mayTake(me, clock.instant(), period)) {
      Instant now = clock.instant();
      Optional<Piece> piece = passes.take(me, now, now.plus(CLAIM), period);
      if (piece.isEmpty()) {
        break;
      }
      read += new Work(piece.get()).run();
    }
    return read;
  }

  /** Waits until something may be due. */
  void await(Duration most) throws InterruptedException {
    if (wake.tryAcquire(most.toMillis(), TimeUnit.MILLISECONDS)) {
      wake.drainPermits();
    }
  }

  /** Makes {@link #runOnce} return soon, and for ever. */
  void close() {
    stopped.countDown();
    wake.release();
  }

  boolean isStopped() {
    return stopped.getCount() == 0;
  }

  private void startIfDue() {
    Instant now = clock.instant();
    boolean due =
        period.isPositive()
            && passes.page(Optional.empty(), 1).stream()
                .allMatch(
                    last ->
                        last.state() != Pass.State.RUNNING
                            && !last.startedAt().plus(period).isAfter(now));
    if (due) {
      passes.startByItself(now);
    }
  }

  private long retry() {
    long read = 0;
    for (Unreadable unreadable : copies.due(clock.instant(), RETRIES_AT_ONCE)) {
      if (isStopped() || !copies.take(unreadable, clock.instant().plus(RETRY_CLAIM))) {
        continue;
      }
      Outcome outcome =
          check(unreadable.kind(), unreadable.digest(), this::paced, unreadable.attempts());
      if (outcome != Outcome.UNREADABLE && outcome != Outcome.ABORTED) {
        copies.done(unreadable);
        read++;
      }
    }
    return read;
  }

  /** Waits as long as the pace wants. */
  private boolean paced(long bytes) {
    try {
      long wait = pace.spent(bytes, System.nanoTime());
      return !stopped.await(wait, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private Outcome check(Kind kind, Digest digest, Verifier.Reading reading, int attemptsBefore) {
    Optional<StoredCopy> copy;
    try {
      copy = copies.find(kind, digest);
    } catch (RefusedException e) {
      throw e; // the database is away
    } catch (RuntimeException e) {
      LOG.warnf(e, "failed to read a row kind=%s digest=%s", kind.word(), digest);
      return unreadable(kind, digest, "the database cannot read the row", attemptsBefore);
    }
    if (copy.isEmpty()) {
      return Outcome.GONE;
    }
    return switch (verifier.verify(copy.get(), reading)) {
      case Verdict.Whole _ -> {
        failuresInARow = 0;
        yield Outcome.WHOLE;
      }
      case Verdict.Damaged(Problem problem) -> {
        failuresInARow = 0;
        yield damaged(copy.get(), problem);
      }
      case Verdict.Unreadable(String error) -> unreadable(kind, digest, error, attemptsBefore);
      case Verdict.Aborted _ -> Outcome.ABORTED;
    };
  }

  private Outcome damaged(StoredCopy copy, Problem problem) {
    if (!damage.mark(copy.named(), problem)) {
      return Outcome.GONE;
    }
    LOG.errorf(
        "stored content is damaged, push it again to heal it kind=%s digest=%s problem=%s size=%d object=%s",
        copy.kind().word(),
        copy.digest(),
        problem.word(),
        copy.size(),
        copy.objectKey() == null ? "none" : copy.objectKey());
    return Outcome.DAMAGED;
  }

  private Outcome unreadable(Kind kind, Digest digest, String error, int attemptsBefore) {
    Instant now = clock.instant();
    Duration delay = FIRST_RETRY.multipliedBy(1L << Math.min(attemptsBefore, 10));
    copies.putOff(
        kind,
        digest,
        error,
        now,
        now.plus(delay.compareTo(LONGEST_RETRY) < 0 ? delay : LONGEST_RETRY));
    LOG.warnf(
        "failed to read stored content, will try again kind=%s digest=%s error=%s",
        kind.word(), digest, error);
    if (++failuresInARow >= OUTAGE) {
      failuresInARow = 0;
      pausedUntil = now.plus(OUTAGE_PAUSE);
      LOG.warnf("failed to read stored content too often, will go on in a minute");
    }
    return Outcome.UNREADABLE;
  }

  private static RefusedException unknown(String message, long id) {
    return new RefusedException(
        Refusal.unknown(ErrorCode.NAME_UNKNOWN, message, Long.toString(id)));
  }

  /** What came of one copy. */
  private enum Outcome {
    WHOLE,
    DAMAGED,
    UNREADABLE,
    ABORTED,
    /** It went meanwhile, or is not the stored copy any more. */
    GONE
  }

  /**
   * How things stand.
   *
   * @param scheduled whether passes start by themselves
   * @param last the last pass that has ended
   * @param nextAt when the next one starts by itself; empty if never, or if one runs
   * @param damaged how much is damaged now
   * @param unreadable how much could not be read, and is tried again
   * @param keptAside how many damaged objects of what was healed are kept
   */
  public record Status(
      boolean scheduled,
      Optional<Pass> running,
      Optional<Pass> last,
      Optional<Instant> nextAt,
      long damaged,
      long unreadable,
      long keptAside) {}

  /** The reading of one piece. */
  private final class Work {
    private final Piece piece;
    private String after;
    private Tally tally = Tally.NONE;
    private long read;
    private Instant nextBeat;

    Work(Piece piece) {
      this.piece = piece;
      this.after = piece.after();
      this.nextBeat = clock.instant().plus(BEAT);
    }

    long run() {
      List<Digest> digests = copies.digests(piece.kind(), after, piece.until(), DIGESTS_AT_ONCE);
      while (!digests.isEmpty()) {
        for (Digest digest : digests) {
          if (!one(digest)) {
            passes.save(piece, me, after, tally, Instant.EPOCH);
            return read;
          }
        }
        digests = copies.digests(piece.kind(), after, piece.until(), DIGESTS_AT_ONCE);
      }
      passes.finish(piece, me, tally);
      return read;
    }

    private boolean one(Digest digest) {
      if (isStopped() || clock.instant().isBefore(pausedUntil)) {
        return false;
      }
      Outcome outcome = check(piece.kind(), digest, this::goOn, 0);
      switch (outcome) {
        case ABORTED -> {
          return false;
        }
        case WHOLE -> read++;
        case DAMAGED -> {
          read++;
          tally = tally.plus(Tally.ofDamaged());
        }
        case UNREADABLE -> tally = tally.plus(Tally.ofUnreadable());
        case GONE -> {}
      }
      if (outcome == Outcome.WHOLE || outcome == Outcome.DAMAGED) {
        tally = tally.plus(Tally.ofOne(piece.kind()));
      }
      after = digest.toString();
      return true;
    }

    private boolean goOn(long bytes) {
      tally = tally.plus(Tally.ofBytes(bytes));
      return paced(bytes) && beat();
    }

    /** Keeps the claim. False if the piece is not this node's any more. */
    private boolean beat() {
      Instant now = clock.instant();
      if (now.isBefore(nextBeat)) {
        return true;
      }
      nextBeat = now.plus(BEAT);
      boolean ours = passes.save(piece, me, after, tally, now.plus(CLAIM));
      tally = Tally.NONE;
      return ours;
    }
  }
}
