package io.hatoba.server.distribution;

import io.hatoba.oci.Digest;
import io.hatoba.oci.RepositoryName;
import io.vertx.core.http.HttpHeaders;

/** The headers of the protocol, and the few values that are always the same. */
final class Headers {
  static final CharSequence ACCEPT_RANGES = HttpHeaders.createOptimized("Accept-Ranges");
  static final CharSequence ALLOW = HttpHeaders.createOptimized("Allow");
  static final CharSequence API_VERSION =
      HttpHeaders.createOptimized("Docker-Distribution-Api-Version");
  static final CharSequence AUTHORIZATION = HttpHeaders.createOptimized("Authorization");
  static final CharSequence CACHE_CONTROL = HttpHeaders.createOptimized("Cache-Control");
  static final CharSequence CONNECTION = HttpHeaders.createOptimized("Connection");
  static final CharSequence CONTENT_LENGTH = HttpHeaders.createOptimized("Content-Length");
  static final CharSequence CONTENT_RANGE = HttpHeaders.createOptimized("Content-Range");
  static final CharSequence CONTENT_TYPE = HttpHeaders.createOptimized("Content-Type");
  static final CharSequence DELETION = HttpHeaders.createOptimized("Hatoba-Deletion-Id");
  static final CharSequence DIGEST = HttpHeaders.createOptimized("Docker-Content-Digest");
  static final CharSequence ETAG = HttpHeaders.createOptimized("ETag");
  static final CharSequence EXPECT = HttpHeaders.createOptimized("Expect");
  static final CharSequence FILTERS_APPLIED = HttpHeaders.createOptimized("OCI-Filters-Applied");
  static final CharSequence IF_MATCH = HttpHeaders.createOptimized("If-Match");
  static final CharSequence IF_NONE_MATCH = HttpHeaders.createOptimized("If-None-Match");
  static final CharSequence IF_RANGE = HttpHeaders.createOptimized("If-Range");
  static final CharSequence LINK = HttpHeaders.createOptimized("Link");
  static final CharSequence LOCATION = HttpHeaders.createOptimized("Location");
  static final CharSequence RANGE = HttpHeaders.createOptimized("Range");
  static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("X-Request-Id");
  static final CharSequence RESTORABLE = HttpHeaders.createOptimized("Hatoba-Restorable-Until");
  static final CharSequence RETRY_AFTER = HttpHeaders.createOptimized("Retry-After");
  static final CharSequence SUBJECT = HttpHeaders.createOptimized("OCI-Subject");
  static final CharSequence TAG = HttpHeaders.createOptimized("OCI-Tag");
  static final CharSequence TRANSFER_ENCODING = HttpHeaders.createOptimized("Transfer-Encoding");
  static final CharSequence UPLOAD_ID = HttpHeaders.createOptimized("Docker-Upload-UUID");
  static final CharSequence WWW_AUTHENTICATE = HttpHeaders.createOptimized("WWW-Authenticate");

  static final CharSequence BYTES = HttpHeaders.createOptimized("bytes");
  static final CharSequence CLOSE = HttpHeaders.createOptimized("close");
  static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
  static final CharSequence OCTET_STREAM = HttpHeaders.createOptimized("application/octet-stream");
  static final CharSequence REGISTRY_V2 = HttpHeaders.createOptimized("registry/2.0");

  /**
   * Of what a digest names: it never changes, but only who was let in may keep it, since the same
   * URL is refused to others.
   */
  static final CharSequence IMMUTABLE =
      HttpHeaders.createOptimized("private, max-age=31536000, immutable");

  private Headers() {}

  /** The strong entity tag of what a digest names. */
  static String entityTag(Digest digest) {
    return '"' + digest.toString() + '"';
  }

  /**
   * Locations are paths and never name a scheme or host: a wrong one costs the client its
   * credentials (distribution#1177). What a name may consist of needs no escaping.
   */
  static String blobLocation(RepositoryName repository, Digest digest) {
    return "/v2/" + repository + "/blobs/" + digest;
  }

  static String manifestLocation(RepositoryName repository, Digest digest) {
    return "/v2/" + repository + "/manifests/" + digest;
  }

  static String uploadLocation(RepositoryName repository, String uploadId) {
    return "/v2/" + repository + "/blobs/uploads/" + uploadId;
  }

  /**
   * What an upload has received: inclusive end, no unit; {@code 0-0} when it is nothing yet, since
   * clients want a range that they can parse (distribution#2363).
   */
  static String receivedRange(long received) {
    return "0-" + Math.max(0, received - 1);
  }
}
