package io.hatoba.oci;

/** Numbers that anybody may have written, of any length. */
final class Digits {
  private Digits() {}

  /** Whether it is one or more of 0-9. */
  static boolean isNumber(String text) {
    return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  /** The number that these digits write; {@code Long.MAX_VALUE} if it is larger. */
  static long saturated(String digits) {
    long number = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(i) - '0';
      if (number > (Long.MAX_VALUE - digit) / 10) {
        return Long.MAX_VALUE;
      }
      number = number * 10 + digit;
    }
    return number;
  }
}
