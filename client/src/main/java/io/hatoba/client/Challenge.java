package io.hatoba.client;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One challenge of a {@code WWW-Authenticate} header (RFC 9110, section 11.6.1).
 *
 * @param scheme in lower case
 * @param parameters by name in lower case; of a name that comes twice the first counts
 */
record Challenge(String scheme, Map<String, String> parameters) {
  /** No more text is looked at. */
  static final int LONGEST = 16 * 1024;

  Challenge {
    parameters = Map.copyOf(parameters);
  }

  Optional<String> parameter(String name) {
    return Optional.ofNullable(parameters.get(name));
  }

  /**
   * The challenges of one header value, which may carry several. Never fails: text that is not of
   * the grammar ends the list.
   */
  static List<Challenge> parse(String header) {
    return new Parser(header.length() > LONGEST ? header.substring(0, LONGEST) : header).parse();
  }

  private static final class Parser {
    private final String text;
    private int at;

    Parser(String text) {
      this.text = text;
    }

    List<Challenge> parse() {
      List<Challenge> challenges = new ArrayList<>();
      skipSeparators();
      String scheme = token();
      while (!scheme.isEmpty()) {
        Map<String, String> parameters = new LinkedHashMap<>();
        String next = parameters(parameters);
        challenges.add(new Challenge(scheme.toLowerCase(Locale.ROOT), parameters));
        scheme = next;
      }
      return challenges;
    }

    /** Reads parameters up to the next challenge and returns the scheme of that, or empty text. */
    private String parameters(Map<String, String> parameters) {
      while (true) {
        skipSeparators();
        String name = token();
        if (name.isEmpty()) {
          return "";
        }
        int afterName = at;
        skipSpace();
        if (!peek('=')) {
          at = afterName;
          return name;
        }
        at++;
        skipSpace();
        String value = peek('"') ? quoted() : token();
        parameters.putIfAbsent(name.toLowerCase(Locale.ROOT), value);
      }
    }

    private String quoted() {
      StringBuilder value = new StringBuilder();
      at++;
      while (at < text.length() && text.charAt(at) != '"') {
        if (text.charAt(at) == '\\' && at + 1 < text.length()) {
          at++;
        }
        value.append(text.charAt(at));
        at++;
      }
      at++;
      return value.toString();
    }

    private String token() {
      int start = at;
      while (at < text.length() && isTokenCharacter(text.charAt(at))) {
        at++;
      }
      return text.substring(Math.min(start, text.length()), Math.min(at, text.length()));
    }

    private void skipSeparators() {
      while (at < text.length() && (isSpace(text.charAt(at)) || text.charAt(at) == ',')) {
        at++;
      }
    }

    private void skipSpace() {
      while (at < text.length() && isSpace(text.charAt(at))) {
        at++;
      }
    }

    private boolean peek(char expected) {
      return at < text.length() && text.charAt(at) == expected;
    }

    private static boolean isSpace(char c) {
      return c == ' ' || c == '\t';
    }

    // Unquoted realms are not of the grammar, but some servers send them: so '/' and ':' too.
    private static boolean isTokenCharacter(char c) {
      return (c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || (c >= '0' && c <= '9')
          || "!#$%&'*+-.^_`|~/:".indexOf(c) >= 0;
    }
  }
}
