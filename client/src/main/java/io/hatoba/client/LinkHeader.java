package io.hatoba.client;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads {@code Link} headers (RFC 8288): only where the next page is matters here. */
final class LinkHeader {
  /** No more text is looked at. */
  static final int LONGEST = 16 * 1024;

  private LinkHeader() {}

  /**
   * The target of the first link whose relations include {@code next}, as written. Never fails: a
   * header that is not of the grammar names nothing.
   */
  static Optional<String> next(List<String> headers) {
    for (String header : headers) {
      Optional<String> target =
          next(header.length() > LONGEST ? header.substring(0, LONGEST) : header);
      if (target.isPresent()) {
        return target;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> next(String header) {
    int at = 0;
    while (true) {
      int open = header.indexOf('<', at);
      int close = open < 0 ? -1 : header.indexOf('>', open);
      if (close < 0) {
        return Optional.empty();
      }
      int end = endOfLink(header, close + 1);
      if (isNext(header.substring(close + 1, end))) {
        return Optional.of(header.substring(open + 1, close).strip());
      }
      at = end;
    }
  }

  /** The position of the comma that ends a link, which is not inside quotes. */
  private static int endOfLink(String header, int from) {
    boolean quoted = false;
    for (int i = from; i < header.length(); i++) {
      char c = header.charAt(i);
      if (quoted && c == '\\') {
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        return i;
      }
    }
    return header.length();
  }

  private static boolean isNext(String parameters) {
    for (String parameter : parameters.split(";", -1)) {
      int equals = parameter.indexOf('=');
      if (equals < 0 || !parameter.substring(0, equals).strip().equalsIgnoreCase("rel")) {
        continue;
      }
      String value = parameter.substring(equals + 1).strip();
      if (value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"")) {
        value = value.substring(1, value.length() - 1);
      }
      return List.of(value.toLowerCase(Locale.ROOT).split(" ", -1)).contains("next");
    }
    return false;
  }
}
