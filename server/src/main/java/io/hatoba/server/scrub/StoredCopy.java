package io.hatoba.server.scrub;

import io.hatoba.oci.Digest;
import io.hatoba.server.content.Damage;
import io.hatoba.server.content.Damage.Kind;
import io.hatoba.server.storage.ObjectKey;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A copy to be read.
 *
 * @param objectKey where it rests; absent if {@code bytes} are the copy
 */
@SuppressWarnings("ArrayRecordComponent") // lives from the query until it is hashed
record StoredCopy(
    Kind kind, Digest digest, long size, @Nullable String objectKey, byte @Nullable [] bytes) {
  /** The same for who marks it. */
  Damage.Copy named() {
    return new Damage.Copy(kind, digest, Optional.ofNullable(objectKey).map(ObjectKey::new));
  }
}
