package io.hatoba.server.account;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IdentitiesTest {
  @ParameterizedTest
  @CsvSource({
    "kim,kim",
    "Kim.Lee@Example.com,kim.lee",
    "Élodie O'Neil,elodie-o-neil",
    "ACME\\kim,acme-kim",
    "robot$ci,robot-ci",
    "._-kim-_.,kim",
    "@example.com,example.com",
    "山田,user",
    "'   ',user",
    "'',user"
  })
  void anyNameBecomesAnAccountName(String name, String account) {
    assertThat(Identities.fit(name)).isEqualTo(account);
    assertThat(Account.parseName(Identities.fit(name))).isEqualTo(account);
  }

  @ParameterizedTest
  @CsvSource({"100", "64", "65"})
  void aLongNameIsCut(int length) {
    assertThat(Identities.fit("x".repeat(length))).hasSize(64);
  }
}
