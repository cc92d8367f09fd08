package io.hatoba.oci;

import java.util.Random;

/** Random texts, the same for the same seed. */
final class RandomText {
  private RandomText() {}

  /** Zero to {@code longest} characters of the alphabet. */
  static String of(Random random, String alphabet, int longest) {
    StringBuilder text = new StringBuilder();
    for (int length = random.nextInt(longest + 1); length > 0; length--) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }
}
