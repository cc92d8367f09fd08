package io.hatoba.server.scrub;

import io.hatoba.server.content.Damage.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * A reading of everything that is stored.
 *
 * @param position the last digest of the phase that some node has taken; empty text before the
 *     first
 */
public record Pass(
    long id,
    Cause cause,
    State state,
    String startedBy,
    Instant startedAt,
    Optional<Instant> endedAt,
    Phase phase,
    String position,
    Tally tally) {
  private static final double MANIFESTS = 0.05;

  /**
   * How much of it is done or taken, from 0 to 1. Digests are evenly spread, so how far a digest is
   * through all that are possible is how much of the content lies before it. Rare digests by other
   * algorithms than SHA-256 count as the end of their phase.
   */
  public double progress() {
    return switch (phase) {
      case MANIFEST -> MANIFESTS * fraction(position);
      case BLOB -> MANIFESTS + (1 - MANIFESTS) * fraction(position);
      case END -> 1;
    };
  }

  /** Whether it has to go on now in order to be done in time, and not too early. */
  boolean isDue(Instant now, Duration period) {
    return switch (cause) {
      case MANUAL -> true;
      case SCHEDULE ->
          period.isPositive()
              && progress()
                  <= (double) Duration.between(startedAt, now).toMillis() / period.toMillis();
    };
  }

  private static double fraction(String digest) {
    String prefix = "sha256:";
    if (!digest.startsWith(prefix)) {
      return digest.isEmpty() ? 0 : 1;
    }
    int digits = prefix.length();
    return Long.parseLong(digest.substring(digits, digits + 8), 16) / (double) (1L << 32);
  }

  /** What started it. */
  public enum Cause {
    SCHEDULE,
    MANUAL;

    /** As it is stored and shown. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Cause of(String word) {
      return valueOf(word.toUpperCase(Locale.ROOT));
    }
  }

  /** Where it is in its life. */
  public enum State {
    RUNNING,
    STOPPED,
    SUCCEEDED;

    /** As it is stored and shown. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    static State of(String word) {
      return valueOf(word.toUpperCase(Locale.ROOT));
    }
  }

  /** What it goes through. */
  enum Phase {
    MANIFEST,
    BLOB,
    END;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Phase of(String word) {
      return valueOf(word.toUpperCase(Locale.ROOT));
    }

    Phase next() {
      return this == MANIFEST ? BLOB : END;
    }

    Kind kind() {
      return this == MANIFEST ? Kind.MANIFEST : Kind.BLOB;
    }
  }

  /**
   * What was read, and what came of it.
   *
   * @param damaged found damaged by this pass
   * @param unreadable put off by this pass
   */
  public record Tally(long manifests, long blobs, long bytes, long damaged, long unreadable) {
    static final Tally NONE = new Tally(0, 0, 0, 0, 0);

    static Tally ofBytes(long bytes) {
      return new Tally(0, 0, bytes, 0, 0);
    }

    static Tally ofOne(Kind kind) {
      return kind == Kind.MANIFEST ? new Tally(1, 0, 0, 0, 0) : new Tally(0, 1, 0, 0, 0);
    }

    static Tally ofDamaged() {
      return new Tally(0, 0, 0, 1, 0);
    }

    static Tally ofUnreadable() {
      return new Tally(0, 0, 0, 0, 1);
    }

    Tally plus(Tally other) {
      return new Tally(
          manifests + other.manifests,
          blobs + other.blobs,
          bytes + other.bytes,
          damaged + other.damaged,
          unreadable + other.unreadable);
    }
  }

  /**
   * What one node has taken of a pass.
   *
   * @param after the last digest before it
   * @param until its last digest
   */
  record Piece(long id, long passId, Kind kind, String after, String until) {}
}
