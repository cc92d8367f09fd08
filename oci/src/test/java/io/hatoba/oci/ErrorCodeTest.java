package io.hatoba.oci;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorCodeTest {
  @ParameterizedTest
  @CsvSource({
    "BLOB_UNKNOWN, 404",
    "BLOB_UPLOAD_INVALID, 400",
    "BLOB_UPLOAD_UNKNOWN, 404",
    "DIGEST_INVALID, 400",
    "MANIFEST_BLOB_UNKNOWN, 404",
    "MANIFEST_INVALID, 400",
    "MANIFEST_UNKNOWN, 404",
    "NAME_INVALID, 400",
    "NAME_UNKNOWN, 404",
    "SIZE_INVALID, 400",
    "UNAUTHORIZED, 401",
    "DENIED, 403",
    "UNSUPPORTED, 405",
    "TOOMANYREQUESTS, 429",
    "RANGE_INVALID, 416",
    "TAG_INVALID, 400",
    "PAGINATION_NUMBER_INVALID, 400",
    "UNAVAILABLE, 503",
    "UNKNOWN, 500",
    "MANIFEST_TOO_LARGE, 413",
    "BLOB_TOO_LARGE, 413",
    "PRECONDITION_FAILED, 412",
    "CONFLICT, 409",
    "REQUEST_INVALID, 400",
  })
  void everyCodeHasTheStatusThatClientsExpect(ErrorCode code, int status) {
    assertThat(code.status()).isEqualTo(status);
  }
}
