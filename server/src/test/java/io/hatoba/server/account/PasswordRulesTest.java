package io.hatoba.server.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.rest.Checks;
import io.hatoba.server.startup.Secret;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PasswordRulesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "correct horse battery",
        "kimchi fridge 7",
        "Zug nach Süden",
        "これは長いパスワードです",
        "aB3$xY9!qZ",
        "my kimono is green"
      })
  void whatIsHardToGuessIsTaken(String password) {
    check(password).done();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "too short|characters",
        "aaaaaaaaaaaa|repeats",
        "abababababab|repeats",
        "1234567890|run",
        "0987654321|run",
        "qwertyuiop|run",
        "password123|tried first",
        "Password2026!|tried first",
        "p@ssw0rd123|tried first",
        "!!P4$$w0rd!!|tried first",
        "administrator|tried first",
        "letmein12345|tried first",
        "kim.lee@example.com|name or e-mail",
        "kim.lee12345|name or e-mail",
        "12kim.lee2026|name or e-mail",
        "Kim.Lee-Kim.Lee|name or e-mail"
      })
  void whatIsTriedFirstIsNot(String password, String why) {
    assertThat(refusal(password)).contains(why).doesNotContain(password);
  }

  @Test
  void lengthIsCountedInCharacters() {
    check("🕊🐦🦆🦉🦜🦢🦚🐧🐔🦃").done();

    assertThat(refusal("🕊🐦🦆🦉🦜🦢🦚🐧🐔"))
        .contains("has 9 characters; a password has 10 to 128");
    assertThat(refusal("abcdefgh ".repeat(15))).contains("has 135 characters");
  }

  private static String refusal(String password) {
    Refusal refusal =
        catchThrowableOfType(RefusedException.class, () -> check(password).done()).refusal();
    return refusal.message();
  }

  private static Checks check(String password) {
    Checks checks = new Checks();
    PasswordRules.check(
        checks,
        "/password",
        new Secret(password),
        new PasswordRules.Whose("kim.lee", "kim.lee@example.com"));
    return checks;
  }
}
