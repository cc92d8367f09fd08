package io.hatoba.oci;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReferrersIndexTest {
  private static final int LIMIT = 4_000_000;

  @Test
  void anEmptyListIsAnIndexWithoutManifests() {
    assertThat(text(new ReferrersIndex(LIMIT)))
        .isEqualTo(
            "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[]}");
  }

  @Test
  void anEntryHasTypeDigestSizeArtifactTypeAndAllAnnotations() {
    ReferrersIndex index = new ReferrersIndex(LIMIT);

    index.add(referrer(1, Optional.of("a/b"), Map.of("z", "1", "a", "2")));
    index.add(referrer(2, Optional.empty(), Map.of()));

    assertThat(text(index))
        .isEqualTo(
            """
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[\
            {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"%s","size":1,"artifactType":"a/b",\
            "annotations":{"a":"2","z":"1"}},\
            {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"%s","size":2}]}"""
                .formatted(digest(1), digest(2)));
    assertThat(index.count()).isEqualTo(2);
  }

  @Test
  void theOrderOfAnnotationsDoesNotChangeTheBytes() {
    Map<String, String> oneWay = new LinkedHashMap<>();
    Map<String, String> otherWay = new LinkedHashMap<>();
    for (int i = 0; i < 100; i++) {
      oneWay.put("k" + i, "v" + i);
      otherWay.put("k" + (99 - i), "v" + (99 - i));
    }
    ReferrersIndex one = new ReferrersIndex(LIMIT);
    ReferrersIndex other = new ReferrersIndex(LIMIT);

    one.add(referrer(1, Optional.empty(), oneWay));
    other.add(referrer(1, Optional.empty(), otherWay));

    assertThat(one.toBytes()).isEqualTo(other.toBytes());
  }

  @Test
  void noPageIsLongerThanItsLimitAndOneByteMoreWouldHaveTakenTheNext() {
    ReferrersIndex whole = new ReferrersIndex(LIMIT);
    List<Descriptor> referrers = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      referrers.add(referrer(i, Optional.of("a/b"), Map.of("k", "é\"".repeat(i))));
      assertThat(whole.add(referrers.getLast())).isTrue();
    }
    int exact = whole.toBytes().length;

    assertThat(fill(new ReferrersIndex(exact), referrers)).isEqualTo(50);
    assertThat(fill(new ReferrersIndex(exact - 1), referrers)).isEqualTo(49);
  }

  @Test
  void aRefusedEntryLeavesThePageAsItWas() {
    ReferrersIndex index = new ReferrersIndex(400);
    index.add(referrer(1, Optional.empty(), Map.of()));
    byte[] before = index.toBytes();

    assertThat(index.add(referrer(2, Optional.empty(), Map.of("k", "v".repeat(500))))).isFalse();

    assertThat(index.toBytes()).isEqualTo(before);
    assertThat(index.count()).isEqualTo(1);
  }

  @Test
  void anEntryLargerThanAPageIsAPageOfItsOwn() {
    ReferrersIndex index = new ReferrersIndex(400);

    assertThat(index.add(referrer(1, Optional.empty(), Map.of("k", "v".repeat(500))))).isTrue();
    assertThat(index.add(referrer(2, Optional.empty(), Map.of()))).isFalse();
  }

  @Test
  void whateverTheAnnotationsThePageIsReadBackAsItWasWritten() {
    Random random = new Random(11);
    for (int i = 0; i < 500; i++) {
      List<Descriptor> referrers = new ArrayList<>();
      ReferrersIndex index = new ReferrersIndex(LIMIT);
      for (int n = random.nextInt(4); n > 0; n--) {
        Map<String, String> annotations = new LinkedHashMap<>();
        for (int k = random.nextInt(4); k > 0; k--) {
          annotations.put(anyText(random), anyText(random));
        }
        referrers.add(referrer(random.nextInt(), Optional.of("a/b"), annotations));
        index.add(referrers.getLast());
      }

      assertThat(ManifestParser.parse(Optional.of(MediaTypes.OCI_INDEX), index.toBytes()))
          .isEqualTo(
              new Manifest.Index(
                  MediaTypes.OCI_INDEX, referrers, Optional.empty(), Optional.empty(), Map.of()));
    }
  }

  private static int fill(ReferrersIndex index, List<Descriptor> referrers) {
    for (Descriptor referrer : referrers) {
      if (!index.add(referrer)) {
        break;
      }
    }
    return index.count();
  }

  private static String anyText(Random random) {
    StringBuilder text = new StringBuilder();
    for (int n = random.nextInt(20); n > 0; n--) {
      int codePoint = 1 + random.nextInt(random.nextBoolean() ? 0x7f : 0x10ffff);
      text.appendCodePoint(codePoint >= 0xd800 && codePoint < 0xe000 ? '"' : codePoint);
    }
    return text.toString();
  }

  private static Descriptor referrer(
      int number, Optional<String> artifactType, Map<String, String> annotations) {
    return new Descriptor(
        MediaTypes.OCI_MANIFEST,
        digest(number),
        Math.abs((long) number),
        List.of(),
        annotations,
        artifactType);
  }

  private static Digest digest(int number) {
    return Digest.sha256(Integer.toString(number).getBytes(StandardCharsets.UTF_8));
  }

  private static String text(ReferrersIndex index) {
    return new String(index.toBytes(), StandardCharsets.UTF_8);
  }
}
