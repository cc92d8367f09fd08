package io.hatoba.client;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Tag;
import java.util.List;
import java.util.Optional;

/**
 * What the registry said to a pushed manifest.
 *
 * @param digest of the bytes that were sent
 * @param subject the subject under which it will be listed as a referrer, if the registry did so
 *     ({@code OCI-Subject})
 * @param tags those of the asked-for tags that the registry says it set ({@code OCI-Tag})
 */
public record PushedManifest(Digest digest, Optional<Digest> subject, List<Tag> tags) {
  public PushedManifest {
    tags = List.copyOf(tags);
  }
}
