package io.hatoba.server.distribution;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Reference;
import io.hatoba.oci.RepositoryName;

/** What a path under {@code /v2/} names. */
sealed interface Target {
  /** {@code /v2/} (end-1). */
  record Base() implements Target {}

  /** {@code /v2/_catalog}. */
  record Catalog() implements Target {}

  /** {@code /v2/_oci/ext/discover}. */
  record Extensions() implements Target {}

  /** {@code /v2/<name>/blobs/<digest>} (end-2, end-10). */
  record Blob(RepositoryName repository, Digest digest) implements Target {}

  /** {@code /v2/<name>/blobs/uploads/} (end-4, end-11). */
  record NewUpload(RepositoryName repository) implements Target {}

  /** {@code /v2/<name>/blobs/uploads/<id>} (end-5, end-6, end-13, end-14). */
  record Upload(RepositoryName repository, String id) implements Target {}

  /** {@code /v2/<name>/manifests/<reference>} (end-3, end-7, end-9). */
  record Manifest(RepositoryName repository, Reference reference) implements Target {}

  /** {@code /v2/<name>/tags/list} (end-8). */
  record Tags(RepositoryName repository) implements Target {}

  /** {@code /v2/<name>/referrers/<digest>} (end-12). */
  record Referrers(RepositoryName repository, Digest subject) implements Target {}

  /** Nothing that the protocol knows. */
  record Nothing() implements Target {}
}
