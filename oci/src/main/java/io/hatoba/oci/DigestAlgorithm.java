package io.hatoba.oci;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
import java.util.Optional;

/** A digest algorithm that the OCI image specification registers and Hatoba computes. */
public enum DigestAlgorithm {
  SHA256("SHA-256", 64),
  SHA512("SHA-512", 128);

  private final String jcaName;
  private final int hexLength;

  DigestAlgorithm(String jcaName, int hexLength) {
    this.jcaName = jcaName;
    this.hexLength = hexLength;
  }

  /** The algorithm as a digest writes it: {@code sha256}, {@code sha512}. */
  public String identifier() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The number of hexadecimal characters of an encoded digest. */
  public int hexLength() {
    return hexLength;
  }

  /** A new, empty computation. */
  public MessageDigest newMessageDigest() {
    try {
      return MessageDigest.getInstance(jcaName);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java runtime has no " + jcaName, e);
    }
  }

  /** The algorithm with this identifier; empty if Hatoba does not know it. */
  public static Optional<DigestAlgorithm> of(String identifier) {
    return switch (identifier) {
      case "sha256" -> Optional.of(SHA256);
      case "sha512" -> Optional.of(SHA512);
      default -> Optional.empty();
    };
  }
}
