package io.hatoba.server.distribution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.oci.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouteParserTest {
  private static final String HEX = "0123456789abcdef".repeat(4);
  private static final Digest DIGEST = Digest.parse("sha256:" + HEX);

  @ParameterizedTest
  @ValueSource(strings = {"/v2", "/v2/", "/%76%32/", "/v2%2F"})
  void theBaseIsKnownWithAndWithoutSlash(String path) {
    assertThat(RouteParser.parse(path)).isEqualTo(new Target.Base());
  }

  @Test
  void everyResourceIsKnown() {
    RepositoryName name = RepositoryName.parse("team/app");
    assertThat(RouteParser.parse("/v2/_catalog")).isEqualTo(new Target.Catalog());
    assertThat(RouteParser.parse("/v2/_oci/ext/discover")).isEqualTo(new Target.Extensions());
    assertThat(RouteParser.parse("/v2/team/app/blobs/" + DIGEST))
        .isEqualTo(new Target.Blob(name, DIGEST));
    assertThat(RouteParser.parse("/v2/team/app/blobs/uploads/"))
        .isEqualTo(new Target.NewUpload(name));
    assertThat(RouteParser.parse("/v2/team/app/blobs/uploads"))
        .isEqualTo(new Target.NewUpload(name));
    assertThat(RouteParser.parse("/v2/team/app/blobs/uploads/a-Z_09"))
        .isEqualTo(new Target.Upload(name, "a-Z_09"));
    assertThat(RouteParser.parse("/v2/team/app/manifests/v1.0"))
        .isEqualTo(new Target.Manifest(name, Tag.parse("v1.0")));
    assertThat(RouteParser.parse("/v2/team/app/manifests/" + DIGEST))
        .isEqualTo(new Target.Manifest(name, DIGEST));
    assertThat(RouteParser.parse("/v2/team/app/tags/list")).isEqualTo(new Target.Tags(name));
    assertThat(RouteParser.parse("/v2/team/app/referrers/" + DIGEST))
        .isEqualTo(new Target.Referrers(name, DIGEST));
  }

  /** oci-clients 1.2: the words of the routes are legal parts of a name. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "blobs",
        "manifests",
        "tags",
        "uploads",
        "referrers",
        "list",
        "blobs/uploads",
        "tags/list",
        "a/manifests",
        "manifests/blobs/uploads/tags/list/referrers",
        "a__b/c--d"
      })
  void theWordsOfRoutesMayStandInNames(String text) {
    RepositoryName name = RepositoryName.parse(text);
    String base = "/v2/" + text;
    assertThat(RouteParser.parse(base + "/tags/list")).isEqualTo(new Target.Tags(name));
    assertThat(RouteParser.parse(base + "/manifests/list"))
        .isEqualTo(new Target.Manifest(name, Tag.parse("list")));
    assertThat(RouteParser.parse(base + "/manifests/uploads"))
        .isEqualTo(new Target.Manifest(name, Tag.parse("uploads")));
    assertThat(RouteParser.parse(base + "/blobs/" + DIGEST))
        .isEqualTo(new Target.Blob(name, DIGEST));
    assertThat(RouteParser.parse(base + "/blobs/uploads/")).isEqualTo(new Target.NewUpload(name));
    assertThat(RouteParser.parse(base + "/blobs/uploads/list"))
        .isEqualTo(new Target.Upload(name, "list"));
    assertThat(RouteParser.parse(base + "/referrers/" + DIGEST))
        .isEqualTo(new Target.Referrers(name, DIGEST));
  }

  @Test
  void aPathIsDecodedOnce() {
    RepositoryName name = RepositoryName.parse("team/app");
    assertThat(RouteParser.parse("/v2/team%2Fapp/blobs/sha256%3A" + HEX))
        .isEqualTo(new Target.Blob(name, DIGEST));
    assertThat(RouteParser.parse("/v2/team/app/manifests/sha256%3a" + HEX))
        .isEqualTo(new Target.Manifest(name, DIGEST));
    assertRefused("/v2/team/app/blobs/sha256%253A" + HEX, ErrorCode.DIGEST_INVALID);
    assertRefused("/v2/team%252Fapp/tags/list", ErrorCode.NAME_INVALID);
  }

  /** oras-go#1396: a tag that looks like a digest is a tag. */
  @Test
  void aFallbackTagIsATag() {
    assertThat(RouteParser.parse("/v2/a/manifests/sha256-" + HEX))
        .isEqualTo(new Target.Manifest(RepositoryName.parse("a"), Tag.parse("sha256-" + HEX)));
  }

  @ParameterizedTest
  @CsvSource({
    "/v2/UPPER/tags/list, NAME_INVALID",
    "/v2/a___b/tags/list, NAME_INVALID",
    "/v2/a..b/tags/list, NAME_INVALID",
    "/v2/a//b/tags/list, NAME_INVALID",
    "/v2//tags/list, NAME_INVALID",
    "/v2/tags/list, NAME_INVALID",
    "/v2/blobs/uploads/, NAME_INVALID",
    "/v2/a%00/tags/list, NAME_INVALID",
    "/v2/a+b/tags/list, NAME_INVALID",
    "/v2/./a/tags/list, NAME_INVALID",
    "/v2/a/../b/tags/list, NAME_INVALID",
    "/v2/a/%2e%2e/b/tags/list, NAME_INVALID",
    "/v2/a/manifests/.., NAME_INVALID",
    "/v2/a/manifests/.hidden, TAG_INVALID",
    "/v2/a/manifests/, TAG_INVALID",
    "/v2/a/manifests/a b, TAG_INVALID",
    "/v2/a/manifests/sha256:abc, DIGEST_INVALID",
    "/v2/a/manifests/md5:abc, DIGEST_INVALID",
    "/v2/a/blobs/latest, DIGEST_INVALID",
    "/v2/a/blobs/sha256:baddigeststring, DIGEST_INVALID",
    "/v2/a/referrers/latest, DIGEST_INVALID",
    "/v2/a/blobs/uploads/a.b, BLOB_UPLOAD_UNKNOWN",
    "/v2/a/blobs/uploads/%00, BLOB_UPLOAD_UNKNOWN",
    "/v2/a%/tags/list, REQUEST_INVALID",
    "/v2/a/tags/list%4, REQUEST_INVALID",
    "/v2/a%zz/tags/list, REQUEST_INVALID",
    "/v2/a%ff/tags/list, REQUEST_INVALID"
  })
  void aBadPathIsRefusedByTheRuleItBreaks(String path, ErrorCode code) {
    assertRefused(path, code);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "*",
        "/v2x",
        "/v1/",
        "//v2/",
        "/v2/a",
        "/v2/_catalog/",
        "/v2/_oci/ext",
        "/v2/a/tags",
        "/v2/a/tags/list/",
        "/v2/a/blobs/uploads/b/c",
        "/v2/a/unknown/b"
      })
  void whatTheProtocolDoesNotKnowIsNothing(String path) {
    assertThat(RouteParser.parse(path)).isEqualTo(new Target.Nothing());
  }

  @Test
  void anEndlessUploadIdIsUnknown() {
    assertThat(RouteParser.parse("/v2/a/blobs/uploads/" + "x".repeat(128)))
        .isInstanceOf(Target.Upload.class);
    assertRefused("/v2/a/blobs/uploads/" + "x".repeat(129), ErrorCode.BLOB_UPLOAD_UNKNOWN);
  }

  private static void assertRefused(String path, ErrorCode code) {
    assertThatExceptionOfType(RefusedException.class)
        .as(path)
        .isThrownBy(() -> RouteParser.parse(path))
        .satisfies(e -> assertThat(e.refusal().code()).isEqualTo(code));
  }
}
