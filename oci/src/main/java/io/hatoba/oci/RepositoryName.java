package io.hatoba.oci;

import java.util.regex.Pattern;

/**
 * The name of a repository as the protocol writes it, without a host (OCI distribution
 * specification, "Pulling manifests"). In Hatoba the part before the first slash names the
 * registry, the rest is the image.
 *
 * @param value the whole name, for example {@code team/tools/app}
 */
public record RepositoryName(String value) implements Comparable<RepositoryName> {
  /**
   * The most characters a name can have, host and slash included (FEATURES A3); clients enforce it
   * with the host.
   */
  public static final int MAX_LENGTH = 255;

  private static final String COMPONENT = "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*+";
  private static final Pattern GRAMMAR = Pattern.compile(COMPONENT + "(/" + COMPONENT + ")*+");

  public RepositoryName {
    if (value.length() > MAX_LENGTH || !GRAMMAR.matcher(value).matches()) {
      throw new IllegalArgumentException("not a repository name");
    }
  }

  /**
   * Parses a name.
   *
   * @throws RefusedException with {@link ErrorCode#NAME_INVALID}, saying what is wrong
   */
  public static RepositoryName parse(String text) {
    if (text.isEmpty()) {
      throw invalid("a repository name must not be empty", text);
    }
    if (text.length() > MAX_LENGTH) {
      throw invalid(
          "a repository name has at most %d characters, this one has %d"
              .formatted(MAX_LENGTH, text.length()),
          text.substring(0, MAX_LENGTH));
    }
    if (!GRAMMAR.matcher(text).matches()) {
      throw invalid(reason(text), text);
    }
    return new RepositoryName(text);
  }

  /**
   * The name of the registry: everything before the first slash, or the whole name if it has none.
   */
  public String registry() {
    int slash = value.indexOf('/');
    return slash < 0 ? value : value.substring(0, slash);
  }

  /**
   * The image inside the registry: everything after the first slash; empty text if the name has no
   * slash.
   */
  public String image() {
    int slash = value.indexOf('/');
    return slash < 0 ? "" : value.substring(slash + 1);
  }

  @Override
  public int compareTo(RepositoryName other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }

  private static String reason(String text) {
    if (text.startsWith("/") || text.endsWith("/") || text.contains("//")) {
      return "a repository name has no empty part: no '/' at its start or end, and no '//'";
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        return "a repository name is lower case; '%c' at position %d is not".formatted(c, i + 1);
      }
      boolean allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || "/._-".indexOf(c) >= 0;
      if (!allowed) {
        return "a repository name consists of a-z, 0-9, '.', '_', '-' and '/'; the character at position %d is none of them"
            .formatted(i + 1);
      }
    }
    return "each part of a repository name starts and ends with a letter or digit, and only '.', '_', '__' or any number of"
        + " '-' may stand between them";
  }

  private static RefusedException invalid(String message, String text) {
    return new RefusedException(Refusal.invalid(ErrorCode.NAME_INVALID, message, text));
  }
}
