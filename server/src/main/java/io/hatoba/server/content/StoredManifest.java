package io.hatoba.server.content;

import io.hatoba.oci.Digest;

/**
 * A manifest of a repository with its bytes, exactly as they were pushed.
 *
 * @param mediaType as pushed
 * @param bytes shared, not to be changed
 */
@SuppressWarnings(
    "ArrayRecordComponent") // shared, never handed out for writing; compared by digest only
public record StoredManifest(Digest digest, String mediaType, byte[] bytes) {
  @Override
  public boolean equals(Object other) {
    return other instanceof StoredManifest that
        && digest.equals(that.digest)
        && mediaType.equals(that.mediaType);
  }

  @Override
  public int hashCode() {
    return digest.hashCode();
  }

  @Override
  public String toString() {
    return "StoredManifest[" + digest + ", " + mediaType + ", " + bytes.length + " bytes]";
  }
}
