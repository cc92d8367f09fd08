package io.hatoba.oci;

import java.util.regex.Pattern;

/**
 * A movable name of a manifest in a repository (OCI distribution specification, "Pulling
 * manifests"); case-sensitive.
 *
 * @param name matches {@code [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}}
 */
public record Tag(String name) implements Comparable<Tag>, Reference {
  /** The most characters a tag can have. The user guide says 129; the OCI grammar stops at 128. */
  public static final int MAX_LENGTH = 128;

  private static final Pattern GRAMMAR = Pattern.compile("[a-zA-Z0-9_][a-zA-Z0-9._-]*");

  public Tag {
    if (name.length() > MAX_LENGTH || !GRAMMAR.matcher(name).matches()) {
      throw new IllegalArgumentException("not a tag");
    }
  }

  /**
   * Parses a tag.
   *
   * @throws RefusedException with {@link ErrorCode#TAG_INVALID}, saying what is wrong
   */
  public static Tag parse(String text) {
    if (text.isEmpty()) {
      throw invalid("a tag must not be empty", text);
    }
    if (text.length() > MAX_LENGTH) {
      throw invalid(
          "a tag has at most %d characters, this one has %d".formatted(MAX_LENGTH, text.length()),
          text.substring(0, MAX_LENGTH));
    }
    if (!GRAMMAR.matcher(text).matches()) {
      throw invalid(
          "a tag consists of letters, digits, '_', '.' and '-' and does not start with '.' or '-'",
          text);
    }
    return new Tag(text);
  }

  @Override
  public int compareTo(Tag other) {
    return name.compareTo(other.name);
  }

  @Override
  public String toString() {
    return name;
  }

  private static RefusedException invalid(String message, String text) {
    return new RefusedException(Refusal.invalid(ErrorCode.TAG_INVALID, message, text));
  }
}
