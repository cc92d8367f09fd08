package io.hatoba.server.account;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import java.time.Instant;
import java.util.regex.Pattern;

/**
 * A person.
 *
 * @param enabled while false none of the account's keys and tokens work
 */
public record Account(long id, String name, boolean enabled, Instant createdAt) {
  /** What the name of a service account begins with; no person's name can. */
  public static final String ROBOT = "robot$";

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");

  /**
   * Checks a name that a person has typed.
   *
   * @throws RefusedException with {@link ErrorCode#NAME_INVALID}
   */
  public static String parseName(String text) {
    if (!NAME.matcher(text).matches()) {
      throw new RefusedException(
          Refusal.invalid(
              ErrorCode.NAME_INVALID,
              "an account name has 1 to 64 characters of a-z, 0-9, '.', '_' and '-', and starts"
                  + " with a letter or digit",
              text.substring(0, Math.min(text.length(), 64))));
    }
    return text;
  }

  /** How the account is named in tokens, history and events. */
  public String principal() {
    return principal(name);
  }

  /** As {@link #principal()}, for the account with this name. */
  public static String principal(String name) {
    return name.startsWith(ROBOT) ? "robot:" + name.substring(ROBOT.length()) : "account:" + name;
  }
}
