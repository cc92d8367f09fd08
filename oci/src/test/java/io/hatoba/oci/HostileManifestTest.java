package io.hatoba.oci;

import static io.hatoba.oci.Refusals.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Manifests that no honest client sends, and the largest that one may. */
class HostileManifestTest {
  private static final int FOUR_MIB = 4 << 20;
  private static final String HEX =
      "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
  private static final String DESCRIPTOR =
      "{'mediaType':'a/b','digest':'sha256:" + HEX + "','size':2}";
  private static final String IMAGE = "{'schemaVersion':2,'config':" + DESCRIPTOR + ",'layers':[";

  /** Quotes are written as ' and the placeholder D is a good descriptor. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'schemaVersion':2,'config':D,'layers':{}}                           | layers",
        "{'schemaVersion':2,'config':D,'layers':'x'}                          | layers",
        "{'schemaVersion':2,'config':D,'layers':[D,D,D,7]}                    | layers[3]",
        "{'schemaVersion':2,'config':D,'layers':[null]}                       | layers[0]",
        "{'schemaVersion':2,'config':D,'layers':[[D]]}                        | layers[0]",
        "{'schemaVersion':2,'config':D,'layers':[D,{}]}                       | layers[1].mediaType",
        "{'schemaVersion':2,'config':[],'layers':[]}                          | config",
        "{'schemaVersion':2,'config':null,'layers':[]}                        | config",
        "{'schemaVersion':2,'layers':[]}                                      | config",
        "{'schemaVersion':2,'config':{},'layers':[]}                          | config.mediaType",
        "{'schemaVersion':2,'config':{'mediaType':'a/b'},'layers':[]}         | config.digest",
        "{'schemaVersion':2,'config':{'mediaType':7},'layers':[]}             | config.mediaType",
        "{'schemaVersion':2,'config':{'mediaType':''},'layers':[]}            | config.mediaType",
        "{'schemaVersion':2,'config':{'mediaType':null},'layers':[]}          | config.mediaType",
        "{'schemaVersion':2,'config':{'mediaType':'a\\r\\nb'},'layers':[]}    | config.mediaType",
        "{'schemaVersion':2,'config':{'mediaType':'é'},'layers':[]}           | config.mediaType",
        "{'schemaVersion':2,'config':{'digest':'sha256:0'},'layers':[]}       | config.digest",
        "{'schemaVersion':2,'config':{'digest':'md5:d41d8c'},'layers':[]}     | config.digest",
        "{'schemaVersion':2,'config':{'digest':{}},'layers':[]}               | config.digest",
        "{'schemaVersion':2,'config':{'size':-1},'layers':[]}                 | config.size",
        "{'schemaVersion':2,'config':{'size':2.0},'layers':[]}                | config.size",
        "{'schemaVersion':2,'config':{'size':2e3},'layers':[]}                | config.size",
        "{'schemaVersion':2,'config':{'size':'2'},'layers':[]}                | config.size",
        "{'schemaVersion':2,'config':{'size':null},'layers':[]}               | config.size",
        "{'schemaVersion':2,'config':{'size':9223372036854775808},'layers':[]} | config.size",
        "{'schemaVersion':2,'config':{'urls':'x'},'layers':[]}                | config.urls",
        "{'schemaVersion':2,'config':{'urls':['x',7]},'layers':[]}            | config.urls[1]",
        "{'schemaVersion':2,'config':{'annotations':[]},'layers':[]}          | config.annotations",
        "{'schemaVersion':2,'config':{'annotations':{'k':7}},'layers':[]}     | config.annotations.k",
        "{'schemaVersion':2,'config':{'annotations':{'k':null}},'layers':[]}  | config.annotations.k",
        "{'schemaVersion':2,'config':{'annotations':{'a.b/c':{}}},'layers':[]} | config.annotations[\"a.b/c\"]",
        "{'schemaVersion':2,'config':{'annotations':{'k':'\\u0000'}},'layers':[]} | config.annotations.k",
        "{'schemaVersion':2,'config':{'annotations':{'k':'\\ud800'}},'layers':[]} | config.annotations.k",
        "{'schemaVersion':2,'config':{'annotations':{'k':'\\udc00\\ud800'}},'layers':[]} | config.annotations.k",
        "{'schemaVersion':2,'config':{'artifactType':7},'layers':[]}          | config.artifactType",
        "{'schemaVersion':2,'config':D,'layers':[],'artifactType':[]}         | artifactType",
        "{'schemaVersion':2,'config':D,'layers':[],'annotations':[]}          | annotations",
        "{'schemaVersion':2,'config':D,'layers':[],'subject':'x'}             | subject",
        "{'schemaVersion':2,'config':D,'layers':[],'subject':{'size':-1}}     | subject.size",
        "{'schemaVersion':2,'manifests':[D,D,{'digest':'x'}]}                 | manifests[2].digest",
        "{'schemaVersion':2,'manifests':7}                                    | manifests",
        "{'schemaVersion':2,'mediaType':7,'manifests':[]}                     | mediaType",
        "{'schemaVersion':2}                                                  | mediaType",
        "{'schemaVersion':2,'manifests':null}                                 | mediaType",
        "{}                                                                   | mediaType",
        "{'config':D,'layers':[]}                                             | schemaVersion",
        "{'schemaVersion':null,'config':D,'layers':[]}                        | schemaVersion",
        "{'schemaVersion':'2','config':D,'layers':[]}                         | schemaVersion",
        "{'schemaVersion':2.0,'config':D,'layers':[]}                         | schemaVersion",
        "{'schemaVersion':3,'config':D,'layers':[]}                           | schemaVersion",
        "{'schemaVersion':[2],'config':D,'layers':[]}                         | schemaVersion",
        "{'schemaVersion':99999999999999999999,'config':D,'layers':[]}        | schemaVersion",
      })
  void theDetailIsThePathOfTheWrongPart(String json, String path) {
    assertThat(refused(json.replace("D", DESCRIPTOR)).detail()).isEqualTo(path);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "null",
        "[]",
        "7",
        "'x'",
        "true",
        "{",
        "}",
        "{'schemaVersion'",
        "{'a':}",
        "{'a':1,}",
        "{'a':01}",
        "{'a':.5}",
        "{'a':NaN}",
        "{'a':'\\x'}",
        "{a:1}",
        "{'a':1} x",
        "{'a':1}{}",
        "{'a':1}]",
        "/* c */{}",
        "{'a':'\u0001'}",
        "{'a':tru}",
        "[[[[[[[[",
        "\u0000{}"
      })
  void whatIsNotOneJsonObjectIsRefused(String json) {
    assertThat(refused(json).message()).contains("JSON").doesNotContain("io.hatoba");
  }

  @Test
  void somethingAfterTheEndIsRefused() {
    String good = IMAGE + "]}";
    assertThat(ManifestParser.parse(Optional.empty(), bytes(good + " \r\n\t "))).isNotNull();

    refused(good + "x");
    refused(good + good);
    refused(good + "{}");
    refused(good + "null");
    refused(good + "\u0000");
  }

  /** CVE-2021-41190: an image for one client, an index for another. */
  @ParameterizedTest
  @CsvSource({
    "manifest.v1+json, manifests",
    "index.v1+json,    config",
    "'',               manifests",
  })
  void anImageThatIsAnIndexTooIsRefused(String type, String path) {
    String json = IMAGE.replace("'layers'", "'manifests':[" + DESCRIPTOR + "],'layers'") + "]}";
    Optional<String> contentType =
        type.isEmpty() ? Optional.empty() : Optional.of("application/vnd.oci.image." + type);
    String expected = type.isEmpty() ? "config" : path;

    assertThat(
            refusal(
                    ErrorCode.MANIFEST_INVALID,
                    () -> ManifestParser.parse(contentType, bytes(json)))
                .detail())
        .isEqualTo(expected);
  }

  @Test
  void schema1LayersInASchema2ManifestAreRefused() {
    assertThat(refused(IMAGE + "],'fsLayers':[]}").detail()).isEqualTo("fsLayers");
  }

  /** Go's JSON reader takes these for the real fields. */
  @ParameterizedTest
  @CsvSource({
    "'Layers',          Layers",
    "'LAYERS',          LAYERS",
    "'MediaType',       MediaType",
    "'\u017fubject',    '[\"?ubject\"]'",
    "'Manifests',       Manifests",
  })
  void aFieldThatOnlyTheCaseOfLettersTellsApartIsRefused(String name, String path) {
    assertThat(refused(IMAGE + "],'" + name + "':[]}").detail()).isEqualTo(path);
  }

  @Test
  void theSameHoldsInsideADescriptor() {
    String twice = DESCRIPTOR.replace("'size':2", "'size':2,'Digest':'sha256:" + HEX + "'");

    assertThat(refused(IMAGE + twice + "]}").detail()).isEqualTo("layers[0].Digest");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'schemaVersion':2,'schemaVersion':2,'config':D,'layers':[]}",
        "{'schemaVersion':2,'config':D,'layers':[],'config':D}",
        "{'schemaVersion':2,'config':D,'layers':[],'\\u0063onfig':D}",
        "{'schemaVersion':2,'config':D,'layers':[],'x':{'y':1,'z':2,'y':3}}",
        "{'schemaVersion':2,'config':D,'layers':[],'annotations':{'k':'1','k':'1'}}"
      })
  void aFieldThatOccursTwiceIsRefused(String json) {
    assertThat(refused(json.replace("D", DESCRIPTOR)).message()).contains("Duplicate field");
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16LE", "UTF-16BE", "UTF-16", "UTF-32LE", "UTF-32BE"})
  void onlyUtf8IsRead(String charset) {
    String good = (IMAGE + "]}").replace('\'', '"');

    refusal(
        ErrorCode.MANIFEST_INVALID,
        () -> ManifestParser.parse(Optional.empty(), good.getBytes(Charset.forName(charset))));
  }

  @Test
  void aByteOrderMarkIsRefused() {
    assertThat(refused("\ufeff" + IMAGE + "]}").message()).contains("byte order mark");
  }

  @Test
  void bytesThatAreNotUtf8AreRefused() {
    for (int[] wrong :
        new int[][] {
          {0xff}, {0xc0, 0xaf}, {0xc3}, {0xed, 0xa0, 0x80}, {0xf5, 0x80, 0x80, 0x80}, {0x80}
        }) {
      ByteArrayOutputStream content = new ByteArrayOutputStream();
      content.writeBytes(bytes(IMAGE + "],'x':'"));
      Arrays.stream(wrong).forEach(content::write);
      content.writeBytes(bytes("'}"));

      assertThat(
              refusal(
                      ErrorCode.MANIFEST_INVALID,
                      () -> ManifestParser.parse(Optional.empty(), content.toByteArray()))
                  .message())
          .contains("UTF-8");
    }
  }

  @Test
  void nestingIsLimited() {
    assertThat(ManifestParser.parse(Optional.empty(), bytes(nested(99)))).isNotNull();
    refused(nested(100));
    refused(nested(1_000_000));
    refused("[".repeat(FOUR_MIB));
    refused("{'a':".repeat(FOUR_MIB / 5));
  }

  @Test
  void theNumberOfDescriptorsIsLimited() {
    String small = "{'mediaType':'a','digest':'sha256:" + HEX + "','size':1}";
    int most = ManifestParser.MAX_DESCRIPTORS - 1;

    assertThat(ManifestParser.parse(Optional.empty(), bytes(layers(small, most))))
        .isInstanceOfSatisfying(
            Manifest.Image.class, image -> assertThat(image.layers()).hasSize(most));
    assertThat(refused(layers(small, most + 1)).detail()).isEqualTo("layers[" + most + "]");
  }

  @Test
  void theNumberOfAnnotationsIsLimited() {
    int most = ManifestParser.MAX_ANNOTATIONS;

    assertThat(ManifestParser.parse(Optional.empty(), bytes(annotated(most))).annotations())
        .hasSize(most);
    assertThat(refused(annotated(most + 1)).detail()).startsWith("annotations.");
  }

  @Test
  void theNumberOfUrlsIsLimited() {
    String urls = String.join(",", Collections.nCopies(1_001, "''"));

    assertThat(refused(IMAGE + DESCRIPTOR.replace("}", ",'urls':[" + urls + "]}") + "]}").detail())
        .isEqualTo("layers[0].urls[1000]");
  }

  /** What the conformance suite pushes. */
  @Test
  void aManifestOf390AnnotationsOf10000CharactersIsTaken() {
    StringBuilder json = new StringBuilder(IMAGE + "],'annotations':{'k':'v'");
    for (int i = 0; i < 390; i++) {
      json.append(",'org.example.key")
          .append(i)
          .append("':'")
          .append("x".repeat(10_000))
          .append('\'');
    }
    json.append("}}");

    assertThat(ManifestParser.parse(Optional.empty(), bytes(json.toString())).annotations())
        .hasSize(391);
  }

  @Test
  void oneStringMayFillTheWholeManifest() {
    String data = "A".repeat(FOUR_MIB);
    String layer = DESCRIPTOR.replace("}", ",'data':'" + data + "'}");

    assertThat(ManifestParser.parse(Optional.empty(), bytes(IMAGE + layer + "]}"))).isNotNull();
  }

  /** All keys have one hash; a table that probes linearly would need hours. */
  @Test
  void keysThatCollideOnPurposeCostNoMoreThanOthers() {
    StringBuilder json = new StringBuilder(IMAGE + "],'annotations':{");
    for (int i = 0; i < 1 << 16; i++) {
      json.append(i == 0 ? "'" : ",'");
      for (int bit = 0; bit < 16; bit++) {
        json.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      }
      json.append("':''");
    }
    json.append("},'x':{}}");
    assertThat("AaAa".hashCode()).isEqualTo("BBBB".hashCode());

    assertThat(ManifestParser.parse(Optional.empty(), bytes(json.toString())).annotations())
        .hasSize(1 << 16);
  }

  @Test
  void aHugeNumberIsNeverComputed() {
    assertThat(ManifestParser.parse(Optional.empty(), bytes(IMAGE + "],'x':1e999999999}")))
        .isNotNull();
    assertThat(
            ManifestParser.parse(
                Optional.empty(), bytes(IMAGE + "],'x':-" + "9".repeat(900) + "}")))
        .isNotNull();
    refused(IMAGE + "],'x':" + "9".repeat(1_000_000) + "}");
  }

  @Test
  void whatIsEchoedIsShortAndPrintable() {
    String name = "\\u001b[31m\\r\\n" + "é".repeat(10_000);

    Refusal key = refused(IMAGE + "],'annotations':{'" + name + "':7}}");
    assertThat(key.detail()).matches("[\\x20-\\x7e]{1,100}");
    Refusal type = refused("{'schemaVersion':2,'mediaType':'" + name + "'}");
    assertThat(type.detail()).matches("[\\x20-\\x7e]{1,300}");
    assertThat(type.message()).matches("[\\x20-\\x7e]{1,1000}");
    Refusal syntax = refused("{'schemaVersion':" + "x".repeat(100_000));
    assertThat(syntax.message()).hasSizeLessThan(1_000);
  }

  /** Every sample, cut anywhere and with any byte changed, is understood or refused. */
  @ParameterizedTest
  @ValueSource(
      strings = {"oci-image", "docker-list", "helm-chart", "cosign-v3-bundle", "unicode-escaped"})
  void aDamagedManifestIsNeverMoreThanRefused(String name) {
    byte[] sample = Fixtures.manifest(name);
    Random random = new Random(5);
    int refused = 0;
    for (int i = 0; i < sample.length; i++) {
      byte[] damaged = sample.clone();
      damaged[random.nextInt(sample.length)] = (byte) random.nextInt(256);
      refused += isRefused(damaged) ? 1 : 0;
      assertThat(isRefused(Arrays.copyOf(sample, i))).as("cut at " + i).isTrue();
    }
    assertThat(refused).isPositive();
  }

  private static boolean isRefused(byte[] content) {
    try {
      assertThat(ManifestParser.parse(Optional.empty(), content)).isNotNull();
      return false;
    } catch (RefusedException e) {
      assertThat(e.refusal().code()).isEqualTo(ErrorCode.MANIFEST_INVALID);
      return true;
    }
  }

  private static String nested(int depth) {
    return IMAGE + "],'x':" + "[".repeat(depth) + "]".repeat(depth) + "}";
  }

  private static String layers(String descriptor, int count) {
    return IMAGE + String.join(",", Collections.nCopies(count, descriptor)) + "]}";
  }

  private static String annotated(int count) {
    StringBuilder json = new StringBuilder(IMAGE + "],'annotations':{");
    for (int i = 0; i < count; i++) {
      json.append(i == 0 ? "'" : ",'").append(i).append("':''");
    }
    return json.append("}}").toString();
  }

  private static Refusal refused(String json) {
    return refusal(
        ErrorCode.MANIFEST_INVALID, () -> ManifestParser.parse(Optional.empty(), bytes(json)));
  }

  private static byte[] bytes(String json) {
    return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }
}
