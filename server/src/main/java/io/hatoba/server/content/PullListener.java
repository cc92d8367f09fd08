package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Tag;
import java.util.Optional;

/** Is told of each manifest that was delivered to a puller. There may be none. */
@FunctionalInterface
public interface PullListener {
  /**
   * Called on an event loop: it must not block, nor throw.
   *
   * @param tag that it was asked for by; empty: by its digest
   */
  void pulled(Repository repository, Digest digest, Optional<Tag> tag, Actor puller);
}
