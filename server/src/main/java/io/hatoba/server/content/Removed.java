package io.hatoba.server.content;

import java.time.Instant;
import java.util.Optional;

/**
 * Something was deleted.
 *
 * @param undo how it can be brought back; empty if its registry keeps nothing
 */
public record Removed(Optional<Undo> undo) {
  /**
   * How a deletion can be undone.
   *
   * @param id of the {@link Deletions deletion}
   * @param until when; then it is gone for good
   */
  public record Undo(long id, Instant until) {}
}
