package io.hatoba.acceptance.durability;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The judge of the crash tests must itself be right. */
@Tag("crash")
class RegisterTest {

  private static final Optional<String> ABSENT = Optional.empty();
  private static final Optional<String> ONE = Optional.of("one");
  private static final Optional<String> TWO = Optional.of("two");

  private final Register register = new Register("tag");

  @Test
  void theLastAcknowledgedValueIsTheOnlyOne() {
    register.acknowledge(register.begin(ONE));
    register.acknowledge(register.begin(TWO));

    assertThat(register.possible()).containsExactly(TWO);
  }

  @Test
  void aCopyMayHaveWhatTheRegisterHadAtItsBeginningOrLater() {
    register.acknowledge(register.begin(ONE));
    long mark = register.mark();
    register.acknowledge(register.begin(TWO));

    assertThat(register.possible()).containsExactly(TWO);
    assertThat(register.possibleSince(mark)).containsExactlyInAnyOrder(ONE, TWO);
  }

  @Test
  void anUnansweredWriteMayOrMayNotHaveHappened() {
    register.acknowledge(register.begin(ONE));
    register.begin(TWO);

    assertThat(register.possible()).containsExactlyInAnyOrder(ONE, TWO);
  }

  @Test
  void anUnansweredWriteMayHappenAfterLaterOnes() {
    register.begin(ONE);
    register.acknowledge(register.begin(TWO));

    assertThat(register.possible()).containsExactlyInAnyOrder(ONE, TWO);
  }

  @Test
  void ofTwoWritesAtOnceEitherMayBeTheLast() {
    Register.Attempt first = register.begin(ONE);
    Register.Attempt second = register.begin(TWO);
    register.acknowledge(second);
    register.acknowledge(first);

    assertThat(register.possible()).containsExactlyInAnyOrder(ONE, TWO);
  }

  @Test
  void aRefusedWriteLeavesWhatWasThere() {
    register.withdraw(register.begin(ONE));

    assertThat(register.possible()).containsExactly(ABSENT);
  }

  @Test
  void whatWasReadInQuietIsTheOnlyValue() {
    register.begin(ONE);
    register.settle(ABSENT);

    assertThat(register.possible()).containsExactly(ABSENT);
  }

  @Test
  void whatNothingNeedsMayBeGone() {
    Register register = new Register("blob");
    register.acknowledge(register.begin(Optional.of("sha256:1")));
    assertThat(register.possible()).containsExactly(Optional.of("sha256:1"));

    register.unneeded();
    assertThat(register.possible())
        .containsExactlyInAnyOrder(Optional.of("sha256:1"), Optional.empty());

    register.needed();
    assertThat(register.possible()).containsExactly(Optional.of("sha256:1"));
  }
}
