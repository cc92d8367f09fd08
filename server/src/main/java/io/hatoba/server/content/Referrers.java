package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import java.util.Optional;
import java.util.Set;

/** Manifests that name another as their subject. */
public interface Referrers {
  /**
   * A page of the referrers of a subject, which need not exist, in the order of their digests.
   *
   * @param artifactTypes only these; empty is all
   * @param last the last digest of the page before
   * @param maxBytes how long the index may be
   */
  Page page(
      Repository repository,
      Digest subject,
      Set<String> artifactTypes,
      Optional<Digest> last,
      int maxBytes);

  /**
   * A page.
   *
   * @param index an OCI image index in JSON
   * @param next the last digest of this page if there is another page
   */
  @SuppressWarnings("ArrayRecordComponent") // made for one answer
  record Page(byte[] index, Optional<Digest> next) {}
}
