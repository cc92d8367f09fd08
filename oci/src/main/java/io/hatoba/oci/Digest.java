package io.hatoba.oci;

import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The content address of a blob or a manifest, {@code algorithm:encoded} (OCI image specification,
 * descriptor, "Digests"). Only registered algorithms exist; {@code encoded} is lower-case
 * hexadecimal of the right length.
 *
 * @param algorithm what computed it
 * @param hex the encoded part
 */
public record Digest(DigestAlgorithm algorithm, String hex)
    implements Comparable<Digest>, Reference {
  private static final Pattern GRAMMAR =
      Pattern.compile("[a-z0-9]+([+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+");
  private static final int LONGEST = 256;

  public Digest {
    if (hex.length() != algorithm.hexLength() || !isLowerHex(hex)) {
      throw new IllegalArgumentException(
          "not " + algorithm.hexLength() + " lower-case hexadecimal characters");
    }
  }

  /**
   * Parses {@code algorithm:encoded}.
   *
   * @throws RefusedException with {@link ErrorCode#DIGEST_INVALID}, saying which part is wrong
   */
  public static Digest parse(String text) {
    if (text.length() > LONGEST) {
      throw invalid(
          "a digest is at most " + LONGEST + " characters long", text.substring(0, LONGEST));
    }
    if (!GRAMMAR.matcher(text).matches()) {
      throw invalid(
          "a digest is written algorithm:encoded, for example sha256: and 64 hexadecimal characters",
          text);
    }
    int colon = text.indexOf(':');
    String name = text.substring(0, colon);
    String encoded = text.substring(colon + 1);
    DigestAlgorithm algorithm =
        DigestAlgorithm.of(name)
            .orElseThrow(
                () ->
                    invalid(
                        "the digest algorithm " + name + " is not supported; use sha256 or sha512",
                        text));
    if (encoded.length() != algorithm.hexLength()) {
      throw invalid(
          "a %s digest has %d characters after the colon, this one has %d"
              .formatted(name, algorithm.hexLength(), encoded.length()),
          text);
    }
    if (!isLowerHex(encoded)) {
      throw invalid("a " + name + " digest consists of lower-case hexadecimal characters", text);
    }
    return new Digest(algorithm, encoded);
  }

  /** The digest of these bytes. */
  public static Digest of(DigestAlgorithm algorithm, byte[] content) {
    return finish(algorithm, digestOf(algorithm, content));
  }

  /** The SHA-256 digest of these bytes. */
  public static Digest sha256(byte[] content) {
    return of(DigestAlgorithm.SHA256, content);
  }

  /**
   * Ends a computation that {@link DigestAlgorithm#newMessageDigest()} began; the computation is
   * reset.
   */
  public static Digest finish(DigestAlgorithm algorithm, MessageDigest computation) {
    return new Digest(algorithm, HexFormat.of().formatHex(computation.digest()));
  }

  @Override
  public int compareTo(Digest other) {
    return toString().compareTo(other.toString());
  }

  /** {@code algorithm:encoded}. */
  @Override
  public String toString() {
    return algorithm.identifier() + ":" + hex;
  }

  private static MessageDigest digestOf(DigestAlgorithm algorithm, byte[] content) {
    MessageDigest computation = algorithm.newMessageDigest();
    computation.update(content);
    return computation;
  }

  private static boolean isLowerHex(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        return false;
      }
    }
    return true;
  }

  private static RefusedException invalid(String message, String text) {
    return new RefusedException(Refusal.invalid(ErrorCode.DIGEST_INVALID, message, text));
  }
}
