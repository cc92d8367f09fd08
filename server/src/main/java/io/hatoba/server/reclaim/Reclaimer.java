package io.hatoba.server.reclaim;

import io.hatoba.server.content.Blobs;
import io.hatoba.server.content.Deletions;
import io.hatoba.server.content.ObjectRemovals;
import io.hatoba.server.content.Uploads;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/**
 * Lets go of what nothing needs any more, step by step:
 *
 * <ol>
 *   <li>uploads that nobody went on with in time,
 *   <li>what was deleted and can no longer be brought back,
 *   <li>links to blobs that no manifest needs and no push counts on, with the blobs to which
 *       nothing refers then,
 *   <li>objects that no row names.
 * </ol>
 *
 * <p>Each step is one small transaction, or none around a call of the storage, and looks at the
 * database anew; so any number of nodes do this side by side, and after a crash nothing is to be
 * repaired. Between two steps pushes have the database for several times as long as the step took.
 */
@Singleton
public final class Reclaimer implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Reclaimer.class);

  /** How often it is looked whether there is anything to do. */
  private static final Duration INTERVAL = Duration.ofSeconds(5);

  /** Of the time, one part for this and so many for everybody else. */
  private static final int OTHERS = 3;

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
  private static final int LINKS_AT_ONCE = 100;

  private final Uploads uploads;
  private final Deletions deletions;
  private final Blobs blobs;
  private final ObjectRemovals removals;
  private final CountDownLatch stopped = new CountDownLatch(1);

  public Reclaimer(Uploads uploads, Deletions deletions, Blobs blobs, ObjectRemovals removals) {
    this.uploads = uploads;
    this.deletions = deletions;
    this.blobs = blobs;
    this.removals = removals;
  }

  /** Starts to do so, until closed. */
  public void start() {
    Thread.ofPlatform().name("reclaimer").daemon(true).start(this::run);
  }

  @Override
  @PreDestroy
  public void close() {
    stopped.countDown();
  }

  private void run() {
    try {
      while (!stopped.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
        for (Step step : steps()) {
          doAll(step);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private List<Step> steps() {
    return List.of(
        new Step("forget expired uploads", () -> uploads.expireOnce() > 0),
        new Step("let go of what was deleted", () -> deletions.purgeSome().isPresent()),
        new Step(
            "remove unneeded blobs",
            () -> {
              Blobs.Idle idle = blobs.releaseIdle(LINKS_AT_ONCE);
              return idle.looked() == LINKS_AT_ONCE && idle.settled() > 0;
            }),
        new Step("remove unneeded objects", () -> removals.runOnce() > 0));
  }

  private void doAll(Step step) throws InterruptedException {
    try {
      boolean more = true;
      while (more) {
        long start = System.nanoTime();
        more = step.once().getAsBoolean();
        long pause = Math.min((System.nanoTime() - start) * OTHERS, LONGEST_PAUSE.toNanos());
        if (more && stopped.await(pause, TimeUnit.NANOSECONDS)) {
          return;
        }
      }
    } catch (RuntimeException e) {
      LOG.warnf(e, "failed to reclaim space, will try again step=%s", step.what());
    }
  }

  /**
   * Something that is done until there is no more of it.
   *
   * @param once does some, and says whether there may be more
   */
  private record Step(String what, BooleanSupplier once) {}
}
