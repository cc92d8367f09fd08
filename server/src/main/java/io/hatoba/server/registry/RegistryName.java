package io.hatoba.server.registry;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import java.util.Set;

/**
 * The name of a registry: one part of a repository name in the OCI grammar, at most {@value
 * #MAX_LENGTH} characters, and none of the words that addresses of the service begin with.
 */
public record RegistryName(String value) {
  /** Leaves most of the 255 characters of a whole name to the host and the image. */
  public static final int MAX_LENGTH = 64;

  /**
   * {@code _catalog} and the other reserved words of the specification start with an underscore,
   * which the grammar does not allow anyway.
   */
  private static final Set<String> RESERVED =
      Set.of("api", "assets", "console", "q", "token", "v1", "v2");

  public RegistryName {
    if (value.length() > MAX_LENGTH || value.contains("/") || RESERVED.contains(value)) {
      throw new IllegalArgumentException("not a registry name");
    }
    new RepositoryName(value);
  }

  /**
   * Parses a name.
   *
   * @throws RefusedException with {@link ErrorCode#NAME_INVALID}, saying what is wrong
   */
  public static RegistryName parse(String text) {
    if (text.contains("/")) {
      throw invalid("a registry name has no '/'; the image name comes after the first one", text);
    }
    RepositoryName.parse(text);
    if (text.length() > MAX_LENGTH) {
      throw invalid(
          "a registry name has at most %d characters, this one has %d"
              .formatted(MAX_LENGTH, text.length()),
          text);
    }
    if (RESERVED.contains(text)) {
      throw invalid(
          "'%s' is a word that the service itself uses; take another name".formatted(text), text);
    }
    return new RegistryName(text);
  }

  @Override
  public String toString() {
    return value;
  }

  private static RefusedException invalid(String message, String text) {
    return new RefusedException(Refusal.invalid(ErrorCode.NAME_INVALID, message, text));
  }
}
