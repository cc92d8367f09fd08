package io.hatoba.oci;

/**
 * The error codes of the registry protocol, and the HTTP status of each. Codes marked * are the
 * Docker registry's and not in the OCI distribution specification ("Error Codes"); clients know
 * them too.
 */
public enum ErrorCode {
  BLOB_UNKNOWN(404),
  BLOB_UPLOAD_INVALID(400),
  BLOB_UPLOAD_UNKNOWN(404),
  DIGEST_INVALID(400),
  MANIFEST_BLOB_UNKNOWN(404),
  MANIFEST_INVALID(400),
  MANIFEST_UNKNOWN(404),
  NAME_INVALID(400),
  NAME_UNKNOWN(404),
  SIZE_INVALID(400),
  UNAUTHORIZED(401),
  DENIED(403),
  UNSUPPORTED(405),
  TOOMANYREQUESTS(429),
  /**
   * A manifest above the limit. The specification names the status (413) and no code of its own.
   */
  MANIFEST_TOO_LARGE(413),
  /** A blob above the configured limit. */
  BLOB_TOO_LARGE(413),
  /** *A chunk out of order, or a range that the content does not have. */
  RANGE_INVALID(416),
  /** *A tag that the grammar does not allow. */
  TAG_INVALID(400),
  /** *{@code n} is not a number that a page can have. */
  PAGINATION_NUMBER_INVALID(400),
  /** The same thing was changed by someone else meanwhile, or {@code If-Match} does not hold. */
  PRECONDITION_FAILED(412),
  /** The management API wants {@code If-Match} where two editors would overwrite each other. */
  PRECONDITION_REQUIRED(428),
  /** A field of a request to the management API breaks a rule. */
  FIELD_INVALID(422),
  /** It exists already, or something uses it. */
  CONFLICT(409),
  /** A request that is not of the protocol's form. */
  REQUEST_INVALID(400),
  /** *The service cannot answer now; a later try may succeed. */
  UNAVAILABLE(503),
  /** *A defect; the message carries the request id and nothing of the cause. */
  UNKNOWN(500);

  private final int status;

  ErrorCode(int status) {
    this.status = status;
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }
}
