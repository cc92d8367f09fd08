package io.hatoba.server.image;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.rest.Paging;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/** The values of cursors, and of query parameters that several lists have. */
final class Keys {
  private static final int LONGEST_SEARCH = 255;

  private Keys() {}

  /** A number of a cursor, which a client may have made up. */
  static long number(List<String> key, int position) {
    try {
      return Long.parseLong(key.get(position));
    } catch (NumberFormatException e) {
      throw invalid("this cursor is not one of this list; start without a cursor", "cursor");
    }
  }

  /** The positions of a page in a list that is in memory and never changes. */
  static List<Integer> positions(Paging paging, int size) {
    long last = paging.after(1).map(key -> number(key, 0)).orElse(-1L);
    int from = (int) Math.clamp(last, -1, size - 1L) + 1;
    return IntStream.range(from, Math.min(size, from + paging.fetch())).boxed().toList();
  }

  /** A part of a name that is searched for, in lower case; empty text finds all. */
  static String search(Optional<String> q) {
    String text = q.orElse("");
    if (text.length() > LONGEST_SEARCH) {
      throw invalid("q has at most " + LONGEST_SEARCH + " characters", "q");
    }
    return text.toLowerCase(Locale.ROOT);
  }

  /** The value {@code true} or {@code false} of a filter; empty: not given. */
  static Optional<Boolean> flag(String name, Optional<String> value) {
    return value.map(
        text ->
            switch (text) {
              case "true" -> true;
              case "false" -> false;
              default -> throw invalid(name + " is true or false", name);
            });
  }

  static RefusedException invalid(String message, String parameter) {
    return new RefusedException(Refusal.invalid(ErrorCode.REQUEST_INVALID, message, parameter));
  }
}
