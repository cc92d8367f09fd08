package io.hatoba.server.storage;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The name of an object: 32 lower-case hexadecimal characters, random, used once and never again.
 *
 * @param id the characters
 */
public record ObjectKey(String id) {
  private static final Pattern GRAMMAR = Pattern.compile("[0-9a-f]{32}");
  private static final SecureRandom RANDOM = new SecureRandom();

  public ObjectKey {
    if (!GRAMMAR.matcher(id).matches()) {
      throw new IllegalArgumentException("an object key is 32 lower-case hexadecimal characters");
    }
  }

  /** A key that nobody has. */
  public static ObjectKey random() {
    byte[] bytes = new byte[16];
    RANDOM.nextBytes(bytes);
    return new ObjectKey(HexFormat.of().formatHex(bytes));
  }

  @Override
  public String toString() {
    return id;
  }
}
