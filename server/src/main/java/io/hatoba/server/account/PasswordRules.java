package io.hatoba.server.account;

import io.hatoba.server.rest.Checks;
import io.hatoba.server.startup.Secret;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a password that people choose must be: long, and not what is tried first. No letters of
 * several kinds are demanded: they make passwords that are hard for people and easy for machines.
 */
final class PasswordRules {
  static final int SHORTEST = 10;
  static final int LONGEST = 128;

  private static final int FEWEST_DIFFERENT = 5;

  /** Runs on keyboards and in alphabets, also backwards. */
  private static final String RUNS =
      "abcdefghijklmnopqrstuvwxyz 01234567890123456789 qwertyuiop asdfghjkl zxcvbnm qwertzuiop"
          + " azertyuiop";

  private static final Set<String> COMMON = load();

  private PasswordRules() {}

  /** Notes what is wrong with a password at a field. */
  static void check(Checks checks, String field, Secret password, Whose whose) {
    String text = password.reveal();
    int length = text.codePointCount(0, text.length());
    if (length < SHORTEST || length > LONGEST) {
      checks.wrong(
          field,
          "INVALID",
          "has %d characters; a password has %d to %d".formatted(length, SHORTEST, LONGEST));
      return;
    }
    String lower = text.toLowerCase(Locale.ROOT);
    checks.require(
        !isMostly(lower, whose.name()) && !isMostly(lower, whose.email()),
        field,
        "is little more than the account's name or e-mail; choose something that has nothing to do"
            + " with them");
    checks.require(
        text.codePoints().distinct().count() >= FEWEST_DIFFERENT && !isRun(lower),
        field,
        "repeats few characters or is a run of them; choose several words that do not belong"
            + " together");
    checks.require(
        !COMMON.contains(lower) && !COMMON.contains(core(lower)),
        field,
        "is one of the passwords that are tried first; choose several words that do not belong"
            + " together");
  }

  private static boolean isMostly(String password, String text) {
    String known = text.toLowerCase(Locale.ROOT);
    if (known.isEmpty()) {
      return false;
    }
    String name = known.split("@", 2)[0];
    return password.equals(known)
        || core(password).equals(core(name))
        || (name.length() >= 4
            && password.replace(name, "").length() < Math.min(SHORTEST, name.length()));
  }

  private static boolean isRun(String password) {
    String backwards = new StringBuilder(password).reverse().toString();
    return RUNS.contains(password) || RUNS.contains(backwards);
  }

  /** The word in a password: without digits and signs around it, and read as it is meant. */
  private static String core(String lower) {
    String word = lower.replaceAll("^[^a-z@$]+|[^a-z@$]+$", "");
    return word.replace('0', 'o')
        .replace('1', 'i')
        .replace('!', 'i')
        .replace('3', 'e')
        .replace('4', 'a')
        .replace('@', 'a')
        .replace('5', 's')
        .replace('$', 's')
        .replace('7', 't');
  }

  private static Set<String> load() {
    try (var reader =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(
                    PasswordRules.class.getResourceAsStream("common-passwords.txt")),
                StandardCharsets.UTF_8))) {
      return reader
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .collect(Collectors.toUnmodifiableSet());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whose password it shall be; the e-mail may be empty text. */
  record Whose(String name, String email) {}
}
