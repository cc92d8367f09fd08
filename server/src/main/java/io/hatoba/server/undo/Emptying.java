package io.hatoba.server.undo;

import io.hatoba.server.content.Deletions;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/** Lets go of all that was deleted in a registry, before its time is over. */
@Singleton
public final class Emptying {
  private static final Logger LOG = Logger.getLogger(Emptying.class);

  /** What a request waits for: about fifty thousand rows. */
  private static final int PIECES_AT_ONCE = 100;

  private final Deletions deletions;

  public Emptying(Deletions deletions) {
    this.deletions = deletions;
  }

  /**
   * When this returns nothing that was deleted before can be brought back any more. What it held is
   * let go of as far as that is quick, and the rest in the background, on every node.
   */
  void empty(long registryId) {
    deletions.end(registryId);
    try {
      for (int i = 0; i < PIECES_AT_ONCE; i++) {
        if (deletions.purgeSome(registryId).isEmpty()) {
          return;
        }
      }
    } catch (RuntimeException e) {
      LOG.warnf(
          e, "failed to let go of what was deleted, will go on in seconds registry=%d", registryId);
    }
  }
}
