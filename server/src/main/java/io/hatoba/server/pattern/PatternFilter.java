package io.hatoba.server.pattern;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Names that a pattern matches, or all others. In JSON {@code {"match", "pattern"}}. */
public record PatternFilter(Match match, NamePattern pattern) {
  /** All names. */
  public static final PatternFilter EVERYTHING =
      new PatternFilter(Match.INCLUDE, NamePattern.EVERYTHING);

  /** The names that this pattern matches. */
  public static PatternFilter including(String pattern) {
    return new PatternFilter(Match.INCLUDE, NamePattern.parse(pattern));
  }

  /** Whether a name is selected. */
  public boolean selects(String name) {
    return pattern.matches(name) == (match == Match.INCLUDE);
  }

  /** What every selected name begins with, for a range condition in SQL; may be empty. */
  public String literalPrefix() {
    return match == Match.INCLUDE ? pattern.literalPrefix() : "";
  }

  /** Which side of the pattern is meant. */
  public enum Match {
    INCLUDE,
    EXCLUDE;

    /** The match with this identifier, if there is one. */
    public static Optional<Match> of(String identifier) {
      return Arrays.stream(values()).filter(m -> m.identifier().equals(identifier)).findAny();
    }

    /** As {@link #of}, for JSON of our own. */
    @JsonCreator
    static Match read(String identifier) {
      return of(identifier)
          .orElseThrow(() -> new IllegalArgumentException("match is include or exclude"));
    }

    /** As it is written: {@code include}, {@code exclude}. */
    @JsonValue
    public String identifier() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
