package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.Tag;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * May this tag move or go? Implemented by features (protection); asked inside the transaction that
 * would do it, with the tag's row locked. A guard that throws is a no: the transaction is rolled
 * back.
 */
public interface TagGuard {
  /**
   * Returns the reason why not; empty if it may.
   *
   * @param from what the tag points to; never what {@code to} is
   * @param to what it shall point to; empty if it shall go
   */
  Optional<Refusal> check(
      Handle handle, Repository repository, Tag tag, Digest from, Optional<Digest> to);
}
