package io.hatoba.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Catches refusals. */
final class Refusals {
  private Refusals() {}

  /** The refusal of this call, which must be one with this code and a message. */
  static Refusal refusal(ErrorCode code, ThrowingCallable call) {
    RefusedException refused = catchThrowableOfType(RefusedException.class, call);
    assertThat(refused).as("refused").isNotNull();
    assertThat(refused.refusal().code()).isEqualTo(code);
    assertThat(refused.refusal().message()).isNotBlank();
    return refused.refusal();
  }
}
