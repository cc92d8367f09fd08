package io.hatoba.server.distribution;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The {@code Range} header of a request (RFC 9110, section 14). */
final class ByteRanges {
  /**
   * More ranges than this, or ranges that together are longer than the content, are not worth an
   * answer of their own: they get the whole content, as the RFC allows.
   */
  static final int MAX_RANGES = 256;

  private static final Pattern RANGE = Pattern.compile("(\\d{0,18})-(\\d{0,18})");

  private ByteRanges() {}

  /** What a request wants of a content. */
  sealed interface Selection {}

  /** All of it: there is no range, or none that means anything here. */
  record Whole() implements Selection {}

  /** Nothing of it exists: 416. */
  record Unsatisfiable() implements Selection {}

  /** From {@code first} to {@code last}, both inclusive. */
  record Part(long first, long last) implements Selection {
    long length() {
      return last - first + 1;
    }

    /** As {@code Content-Range} has it. */
    String of(long size) {
      return "bytes " + first + '-' + last + '/' + size;
    }
  }

  /** Two parts or more, in the order in which they were asked for. */
  record Parts(List<Part> parts) implements Selection {
    Parts {
      parts = List.copyOf(parts);
    }
  }

  /**
   * Selects what a header asks for of a content of {@code size} bytes. An end before its start
   * ({@code 500-0}) is unsatisfiable, as the conformance program wants it; any other text that is
   * not a byte range is ignored.
   */
  static Selection select(String header, long size) {
    String text = header.strip();
    if (!text.regionMatches(true, 0, "bytes=", 0, 6)) {
      return new Whole();
    }
    String[] specifications = text.substring(6).split(",", -1);
    if (specifications.length > MAX_RANGES) {
      return new Whole();
    }
    List<Part> parts = new ArrayList<>(specifications.length);
    long together = 0;
    for (String specification : specifications) {
      Matcher range = RANGE.matcher(specification.strip());
      if (!range.matches() || (range.group(1).isEmpty() && range.group(2).isEmpty())) {
        return new Whole();
      }
      Part part = part(range.group(1), range.group(2), size);
      if (part.first() >= 0 && part.first() <= part.last()) {
        parts.add(part);
        together += part.length();
      }
    }
    if (parts.isEmpty()) {
      return new Unsatisfiable();
    }
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    return together > size ? new Whole() : new Parts(parts);
  }

  /** A part that may be empty, which then is not satisfiable. */
  private static Part part(String first, String last, long size) {
    if (first.isEmpty()) {
      return new Part(Math.max(0, size - Long.parseLong(last)), size - 1);
    }
    long end = last.isEmpty() ? size - 1 : Math.min(Long.parseLong(last), size - 1);
    return new Part(Long.parseLong(first), end);
  }
}
