package io.hatoba.server.content;

import java.time.Duration;
import java.time.Instant;
import org.jdbi.v3.core.Handle;

/** How much space came back, by day (UTC). */
final class ReclaimedDays {
  private ReclaimedDays() {}

  /** Adds what a transaction frees. */
  static void add(Handle handle, Instant now, Freed freed) {
    if (freed.blobs() == 0) {
      return;
    }
    handle
        .createUpdate(
            """
            INSERT INTO reclaimed_day (day, blobs, bytes)
            VALUES (:day, :blobs, :bytes)
            ON CONFLICT (day)
              DO UPDATE SET blobs = reclaimed_day.blobs + excluded.blobs, bytes = reclaimed_day.bytes + excluded.bytes
            """)
        .bind("day", now.toEpochMilli() / Duration.ofDays(1).toMillis())
        .bind("blobs", freed.blobs())
        .bind("bytes", freed.bytes())
        .execute();
  }
}
