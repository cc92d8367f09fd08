package io.hatoba.oci;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which bytes of a blob a chunk of an upload has: the {@code Content-Range} of a {@code PATCH} or
 * {@code PUT} (OCI distribution specification, "Pushing a blob in chunks"). It is written {@code
 * first-last} without a unit; the form of HTTP, {@code bytes first-last/total}, is understood too.
 *
 * @param first the position of the first byte, from 0
 * @param last the position of the last byte, inclusive; not before {@code first}
 */
public record ContentRange(long first, long last) {
  private static final int LONGEST = 100;
  private static final String FORM =
      "the Content-Range of a chunk is written first-last, both inclusive, for example 0-1023";
  private static final Pattern GRAMMAR =
      Pattern.compile("(?:bytes )?([0-9]+)-([0-9]+)(?:/([0-9]+|\\*))?");

  public ContentRange {
    if (first < 0 || last < first || last == Long.MAX_VALUE) {
      throw new IllegalArgumentException("not a range of bytes");
    }
  }

  /**
   * Parses the header.
   *
   * @throws RefusedException with {@link ErrorCode#RANGE_INVALID} if it is not of that form, or no
   *     content can have that range. It is not {@code BLOB_UPLOAD_INVALID}: the upload can go on,
   *     and go-containerregistry would send the same again and again
   */
  public static ContentRange parse(String text) {
    if (text.length() > LONGEST) {
      throw invalid(FORM, text.substring(0, LONGEST));
    }
    Matcher matcher = GRAMMAR.matcher(text);
    if (!matcher.matches()) {
      throw invalid(FORM, text);
    }
    long first = Digits.saturated(matcher.group(1));
    long last = Digits.saturated(matcher.group(2));
    if (last == Long.MAX_VALUE) {
      throw invalid("the Content-Range ends beyond any content", text);
    }
    if (first > last) {
      throw invalid("the Content-Range ends before it starts", text);
    }
    String total = matcher.group(3);
    if (total != null && !total.equals("*") && Digits.saturated(total) <= last) {
      throw invalid("the Content-Range ends after the total that it names", text);
    }
    return new ContentRange(first, last);
  }

  /** The number of bytes, at least 1. */
  public long length() {
    return last - first + 1;
  }

  /** {@code first-last}. */
  @Override
  public String toString() {
    return first + "-" + last;
  }

  private static RefusedException invalid(String message, String text) {
    return new RefusedException(Refusal.invalid(ErrorCode.RANGE_INVALID, message, text));
  }
}
