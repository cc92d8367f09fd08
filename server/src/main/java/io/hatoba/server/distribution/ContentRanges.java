package io.hatoba.server.distribution;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.content.Uploads;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The {@code Content-Range} header of a chunk. */
final class ContentRanges {
  // The specification's form is first-last; HTTP's form with unit and length is understood too.
  private static final Pattern RANGE =
      Pattern.compile("(?:bytes[ =])?(\\d{1,18})-(\\d{1,18})(?:/(?:\\d{1,18}|\\*))?");

  private ContentRanges() {}

  /**
   * Parses {@code first-last}, both inclusive.
   *
   * @throws RefusedException with {@code RANGE_INVALID}
   */
  static Uploads.Range parse(String text) {
    Matcher range = RANGE.matcher(text.strip());
    if (range.matches()) {
      long first = Long.parseLong(range.group(1));
      long last = Long.parseLong(range.group(2));
      if (first <= last) {
        return new Uploads.Range(first, last);
      }
    }
    throw new RefusedException(
        Refusal.invalid(
            ErrorCode.RANGE_INVALID,
            "Content-Range of a chunk is written first-last, both inclusive, for example 0-1023",
            text.length() > 64 ? text.substring(0, 64) : text));
  }
}
