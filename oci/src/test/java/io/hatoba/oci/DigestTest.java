package io.hatoba.oci;

import static io.hatoba.oci.Refusals.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DigestTest {
  private static final String HEX_64 =
      "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

  @Test
  void bothRegisteredAlgorithmsAreTaken() {
    assertThat(Digest.parse("sha256:" + HEX_64))
        .isEqualTo(new Digest(DigestAlgorithm.SHA256, HEX_64))
        .hasToString("sha256:" + HEX_64);
    assertThat(Digest.parse("sha512:" + HEX_64 + HEX_64))
        .isEqualTo(new Digest(DigestAlgorithm.SHA512, HEX_64 + HEX_64))
        .hasToString("sha512:" + HEX_64 + HEX_64);
  }

  @ParameterizedTest
  @CsvSource({
    "'',                          algorithm:encoded",
    "sha256,                      algorithm:encoded",
    "sha256:,                     algorithm:encoded",
    ":44136f,                     algorithm:encoded",
    "SHA256:44136f,               algorithm:encoded",
    "sha256::44136f,              algorithm:encoded",
    "sha256:44/36f,               algorithm:encoded",
    "sha256+:44136f,              algorithm:encoded",
    "+sha256:44136f,              algorithm:encoded",
    "sha256+.b:44136f,            algorithm:encoded",
    "sha256:baddigeststring,      64 characters",
    "sha512:44136f,               128 characters",
    "md5:d41d8cd98f00b204e9800998ecf8427e, not supported",
    "blake3:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a, not supported",
    "sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564, not supported",
    "multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8, not supported",
  })
  void theMessageSaysWhichPartIsWrong(String text, String part) {
    assertThat(refusal(ErrorCode.DIGEST_INVALID, () -> Digest.parse(text)))
        .returns(text, Refusal::detail)
        .extracting(Refusal::message)
        .asString()
        .contains(part);
  }

  @Test
  void hexadecimalIsLowerCaseAndOfTheRightLength() {
    for (String encoded :
        new String[] {
          HEX_64.toUpperCase(Locale.ROOT),
          "A" + HEX_64.substring(1),
          "g" + HEX_64.substring(1),
          "=" + HEX_64.substring(1),
          HEX_64.substring(1),
          HEX_64 + "0",
          HEX_64 + "\n"
        }) {
      refusal(ErrorCode.DIGEST_INVALID, () -> Digest.parse("sha256:" + encoded));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Digest(DigestAlgorithm.SHA256, encoded));
    }
  }

  @Test
  void aTextOfAnyLengthIsRefusedWithoutLookingAtItsEnd() {
    for (String text :
        new String[] {"a+".repeat(5_000_000), "sha256:" + "a".repeat(5_000_000), ":".repeat(257)}) {
      assertThat(refusal(ErrorCode.DIGEST_INVALID, () -> Digest.parse(text)).detail()).hasSize(256);
    }
    refusal(ErrorCode.DIGEST_INVALID, () -> Digest.parse("a+".repeat(128)));
  }

  @Test
  void digestsOfKnownContent() {
    assertThat(Digest.sha256("{}".getBytes(StandardCharsets.UTF_8)).hex()).isEqualTo(HEX_64);
    assertThat(Digest.sha256(new byte[0]).hex())
        .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assertThat(Digest.of(DigestAlgorithm.SHA512, new byte[0]).hex())
        .startsWith("cf83e1357eefb8bdf1542850d66d8007")
        .hasSize(128);
  }

  @Test
  void finishingLeavesAnEmptyComputation() {
    MessageDigest computation = DigestAlgorithm.SHA256.newMessageDigest();
    computation.update((byte) '{');
    computation.update((byte) '}');

    assertThat(Digest.finish(DigestAlgorithm.SHA256, computation).hex()).isEqualTo(HEX_64);
    assertThat(Digest.finish(DigestAlgorithm.SHA256, computation))
        .isEqualTo(Digest.sha256(new byte[0]));
  }

  @ParameterizedTest
  @EnumSource(DigestAlgorithm.class)
  void everyDigestIsReadBackFromItsText(DigestAlgorithm algorithm) {
    Random random = new Random(7);
    for (int i = 0; i < 1_000; i++) {
      byte[] content = new byte[random.nextInt(100)];
      random.nextBytes(content);
      Digest digest = Digest.of(algorithm, content);
      assertThat(Digest.parse(digest.toString())).isEqualTo(digest).isEqualByComparingTo(digest);
    }
    assertThat(DigestAlgorithm.of(algorithm.identifier())).contains(algorithm);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sha256-" + HEX_64, "sha256-" + HEX_64 + ".sig", "latest", "sha256", "_"})
  void aReferenceWithoutAColonIsATag(String text) {
    assertThat(Reference.parse(text)).isEqualTo(new Tag(text));
  }

  @Test
  void aReferenceWithAColonIsADigest() {
    assertThat(Reference.parse("sha256:" + HEX_64)).isEqualTo(Digest.parse("sha256:" + HEX_64));
    refusal(ErrorCode.DIGEST_INVALID, () -> Reference.parse("latest:"));
    refusal(ErrorCode.DIGEST_INVALID, () -> Reference.parse("sha256:latest"));
    refusal(ErrorCode.TAG_INVALID, () -> Reference.parse(""));
    refusal(ErrorCode.TAG_INVALID, () -> Reference.parse("sha256%3A" + HEX_64));
  }
}
