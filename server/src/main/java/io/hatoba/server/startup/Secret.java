package io.hatoba.server.startup;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Text that must reach no log, error or answer. Its {@link #toString} is {@code ***}. A setting of
 * this type is a secret: it has no flag, and its value is part of no message.
 */
public final class Secret {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final String text;

  public Secret(String text) {
    this.text = text;
  }

  /** A new one with 192 random bits, in 32 characters of {@code A-Za-z0-9_-}. */
  public static Secret random() {
    byte[] bytes = new byte[24];
    RANDOM.nextBytes(bytes);
    return new Secret(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  /** The text. Call it where it is checked, or shown for the only time. */
  public String reveal() {
    return text;
  }

  /** How many characters it has. */
  public int length() {
    return text.length();
  }

  /** The text in UTF-8. */
  public byte[] bytes() {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** In a time that does not depend on where the two differ. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Secret secret && MessageDigest.isEqual(bytes(), secret.bytes());
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return "***";
  }
}
