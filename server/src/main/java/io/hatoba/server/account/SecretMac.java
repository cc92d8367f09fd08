package io.hatoba.server.account;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** What rests of an access key's secret: its HMAC-SHA-256 in hexadecimal. */
public final class SecretMac {
  private final String hex;

  SecretMac(String hex) {
    this.hex = hex;
  }

  String hex() {
    return hex;
  }

  /** In a time that does not depend on where the two differ. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SecretMac mac
        && MessageDigest.isEqual(
            hex.getBytes(StandardCharsets.US_ASCII), mac.hex.getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  public int hashCode() {
    return hex.hashCode();
  }

  @Override
  public String toString() {
    return "***";
  }
}
