package io.hatoba.oci;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

class ManifestParserFuzzTest {
  @FuzzTest
  void parseRefusesOrUnderstands(byte[] data) {
    Stream.concat(
            Stream.of(Optional.<String>empty(), Optional.of("application/json; charset=utf-8")),
            Stream.of(ManifestType.values()).map(type -> Optional.of(type.mediaType())))
        .forEach(contentType -> parse(contentType, data));
  }

  private static void parse(Optional<String> contentType, byte[] data) {
    try {
      Manifest manifest = ManifestParser.parse(contentType, data);
      assertThat(ManifestType.of(manifest.mediaType())).isPresent();
      assertThat(ManifestParser.parse(Optional.of(manifest.mediaType()), data)).isEqualTo(manifest);
      listAsReferrer(manifest, data);
    } catch (RefusedException e) {
      assertThat(e.refusal().code()).isEqualTo(ErrorCode.MANIFEST_INVALID);
      assertThat(e.refusal().message()).matches("[\\x20-\\x7e]{1,2000}");
      assertThat(e.refusal().detail().length()).isLessThan(10_000);
    }
  }

  /** What was understood can be written and is then understood as the same. */
  private static void listAsReferrer(Manifest manifest, byte[] data) {
    Descriptor referrer =
        new Descriptor(
            manifest.mediaType(),
            Digest.sha256(data),
            data.length,
            List.of(),
            manifest.annotations(),
            manifest.artifactType());
    ReferrersIndex index = new ReferrersIndex(0);
    index.add(referrer);
    assertThat(ManifestParser.parse(Optional.empty(), index.toBytes()))
        .isInstanceOfSatisfying(
            Manifest.Index.class, list -> assertThat(list.manifests()).containsExactly(referrer));
  }
}
