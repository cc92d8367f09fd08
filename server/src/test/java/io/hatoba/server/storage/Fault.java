package io.hatoba.server.storage;

import java.util.Optional;
import java.util.random.RandomGenerator;

/** What {@link FaultyStorage} does to one call. */
public sealed interface Fault {
  /** The calls that can fail. */
  enum Call {
    CREATE,
    RESUME,
    WRITE,
    CHECKPOINT,
    FINISH,
    READ,
    DELETE,
    LIST
  }

  /** Fails and has no effect. */
  record Before(boolean full) implements Fault {}

  /** Has its whole effect and then fails: the caller cannot know. */
  record After(boolean full) implements Fault {}

  /**
   * A write stores only so many bytes of its buffers and then fails; a read ends with an exception
   * after so many bytes. Other calls fail before their effect.
   */
  record Partial(long bytes, boolean full) implements Fault {}

  /** An error of the device, before the effect. */
  static Fault before() {
    return new Before(false);
  }

  /** An error of the device, after the effect. */
  static Fault after() {
    return new After(false);
  }

  /** The disk is full: a write stores the first bytes, everything else has no effect. */
  static Fault full(long bytes) {
    return new Partial(bytes, true);
  }

  /** Decides about each call. */
  @FunctionalInterface
  interface Plan {
    /** No faults. */
    Plan NONE = (_, _) -> Optional.empty();

    /**
     * The fault of this call, if it gets one.
     *
     * @param number how many calls of this kind there were before, 0 for the first
     */
    Optional<Fault> next(Call call, long number);

    /** The call of that number fails in that way, once. */
    static Plan once(Call call, long number, Fault fault) {
      return (asked, count) ->
          asked == call && count == number ? Optional.of(fault) : Optional.empty();
    }

    /** Every call of that kind fails in that way, until another plan is set. */
    static Plan always(Call call, Fault fault) {
      return (asked, _) -> asked == call ? Optional.of(fault) : Optional.empty();
    }

    /**
     * One call in {@code oneIn} fails, in any of the ways; which ones follows from the random
     * numbers, and so, in a test of one thread, from their seed.
     */
    static Plan random(RandomGenerator random, int oneIn) {
      return (_, _) -> {
        synchronized (random) {
          if (random.nextInt(oneIn) != 0) {
            return Optional.empty();
          }
          return Optional.of(
              switch (random.nextInt(4)) {
                case 0 -> before();
                case 1 -> after();
                case 2 -> full(random.nextInt(1 << 14));
                default -> new Partial(random.nextInt(1 << 14), false);
              });
        }
      };
    }
  }
}
