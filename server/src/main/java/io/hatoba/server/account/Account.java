package io.hatoba.server.account;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Who may have access keys and roles: a person, or a service account for programs. A service
 * account's name begins with {@code robot$}; it has no password, no session and no e-mail.
 *
 * @param email of a person; empty text if it is not known
 * @param description for people, of a service account
 * @param enabled while false none of the account's keys, tokens and sessions work
 * @param expiresAt from then on it is as if it were not enabled
 * @param lastSignInAt when a session of it last began
 */
public record Account(
    long id,
    String name,
    String email,
    String description,
    boolean enabled,
    Optional<Instant> expiresAt,
    Instant createdAt,
    Optional<Instant> lastSignInAt) {
  /** How the names of service accounts begin, and the ids of their keys. */
  public static final String ROBOT = "robot$";

  private static final int LONGEST_ROBOT_NAME = 50;
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");

  /** Whether text can be the name of a person's account. */
  public static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  /**
   * Checks a name that a person has typed.
   *
   * @throws RefusedException with {@link ErrorCode#NAME_INVALID}
   */
  public static String parseName(String text) {
    if (!isName(text)) {
      throw new RefusedException(
          Refusal.invalid(
              ErrorCode.NAME_INVALID,
              "an account name has 1 to 64 characters of a-z, 0-9, '.', '_' and '-', and starts"
                  + " with a letter or digit",
              text.substring(0, Math.min(text.length(), 64))));
    }
    return text;
  }

  /**
   * Checks the name of a service account without {@value #ROBOT}.
   *
   * @throws RefusedException with {@link ErrorCode#NAME_INVALID}
   */
  public static String parseRobotName(String text) {
    parseName(text);
    // The ids of its keys are longer than its name and have to be ids still.
    if (text.length() > LONGEST_ROBOT_NAME) {
      throw new RefusedException(
          Refusal.invalid(
              ErrorCode.NAME_INVALID,
              "the name of a service account has at most %d characters"
                  .formatted(LONGEST_ROBOT_NAME),
              text.substring(0, LONGEST_ROBOT_NAME)));
    }
    return text;
  }

  /** Whether it is for programs. */
  public boolean isRobot() {
    return name.startsWith(ROBOT);
  }

  /** What can be changed of it. */
  public Settings settings() {
    return new Settings(email, description, enabled, expiresAt);
  }

  /**
   * What can be changed of an account.
   *
   * @param email of a person; empty text if it is not known
   * @param description of a service account
   */
  public record Settings(
      String email, String description, boolean enabled, Optional<Instant> expiresAt) {
    /** Of an account that is new. */
    public static final Settings PLAIN = new Settings("", "", true, Optional.empty());

    public Settings {
      expiresAt = expiresAt.map(at -> Instant.ofEpochMilli(at.toEpochMilli()));
    }
  }

  /** Whether it may be used at this moment. */
  public boolean worksAt(Instant now) {
    return enabled && expiresAt.map(now::isBefore).orElse(true);
  }

  /** How the account is named in tokens, history and events. */
  public String principal() {
    return principal(name);
  }

  /** As {@link #principal()}, for the account with this name. */
  public static String principal(String name) {
    return name.startsWith(ROBOT) ? "robot:" + name.substring(ROBOT.length()) : "account:" + name;
  }

  /** The name of the account that is so named in tokens, history and events, if it is one. */
  public static Optional<String> nameOf(String principal) {
    if (principal.startsWith("account:")) {
      return Optional.of(principal.substring("account:".length()));
    }
    return principal.startsWith("robot:")
        ? Optional.of(ROBOT + principal.substring("robot:".length()))
        : Optional.empty();
  }
}
