package io.hatoba.server.account;

import io.hatoba.server.rest.Checks;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** E-mail addresses as people type them. Whether mail arrives is not known by looking. */
final class Emails {
  private static final int LONGEST = 254; // RFC 5321, 4.5.3.1.3
  private static final Pattern FORM = Pattern.compile("[^\\s@\\p{Cntrl}]+@[^\\s@\\p{Cntrl}]+");

  private Emails() {}

  /** The address, or empty text if there is none; what is wrong goes to {@code checks}. */
  static String check(Checks checks, String field, @Nullable String text) {
    if (text == null || text.isEmpty()) {
      return "";
    }
    checks.require(
        text.length() <= LONGEST && FORM.matcher(text).matches(),
        field,
        "is no e-mail address of at most %d characters".formatted(LONGEST));
    return text;
  }
}
