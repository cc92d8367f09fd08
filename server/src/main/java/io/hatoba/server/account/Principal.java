package io.hatoba.server.account;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Who can have roles, as it is written: {@code account:kim}, {@code robot:ci}, {@code group:dev}.
 */
public record Principal(Kind kind, String name) {
  /** Groups are named by identity providers, so their names are bounded and nothing else. */
  private static final int MAX_GROUP = 200;

  /**
   * Parses a principal. It need not exist.
   *
   * @throws RefusedException with {@link ErrorCode#NAME_INVALID}
   */
  public static Principal parse(String text) {
    int colon = text.indexOf(':');
    Optional<Kind> kind = colon < 0 ? Optional.empty() : Kind.of(text.substring(0, colon));
    if (kind.isEmpty()) {
      throw invalid("a principal is written account:NAME, robot:NAME or group:NAME", text);
    }
    String name = text.substring(colon + 1);
    if (kind.get() != Kind.GROUP) {
      return new Principal(kind.get(), Account.parseName(name));
    }
    if (name.isBlank()
        || name.length() > MAX_GROUP
        || !name.equals(name.strip())
        || name.chars().anyMatch(Character::isISOControl)) {
      throw invalid(
          "a group name has 1 to %d characters, no control characters, and no blank at its ends"
              .formatted(MAX_GROUP),
          text);
    }
    return new Principal(Kind.GROUP, name);
  }

  /** As it is written. */
  @Override
  public String toString() {
    return kind.identifier() + ":" + name;
  }

  private static RefusedException invalid(String message, String text) {
    return new RefusedException(
        Refusal.invalid(
            ErrorCode.NAME_INVALID, message, text.substring(0, Math.min(text.length(), 64))));
  }

  /** What kinds there are. */
  public enum Kind {
    /** A person. */
    ACCOUNT,
    /** A service account. */
    ROBOT,
    /** A group that an identity provider knows; it need not be known here. */
    GROUP;

    /** As it is written before the colon. */
    public String identifier() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Kind> of(String identifier) {
      return Arrays.stream(values()).filter(kind -> kind.identifier().equals(identifier)).findAny();
    }
  }
}
