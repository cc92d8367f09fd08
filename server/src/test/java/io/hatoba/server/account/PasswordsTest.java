package io.hatoba.server.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.startup.Secret;
import org.junit.jupiter.api.Test;

final class PasswordsTest {
  private final Passwords passwords = new Passwords();

  /** Else the time of a refusal would tell who has an account. */
  @Test
  void whatNobodyIsCheckedAgainstCostsAsMuchAsARealHash() {
    String nobody = Passwords.ofNoPassword();

    assertThat(passwords.isOfToday(nobody)).isTrue();
    assertThat(nobody).hasSameSizeAs(passwords.hash(Secret.random()));
    assertThat(passwords.matches(Secret.random(), nobody)).isFalse();
    assertThat(passwords.matchesNobody(Secret.random())).isFalse();
    assertThat(Passwords.ofNoPassword()).isNotEqualTo(nobody);
  }
}
