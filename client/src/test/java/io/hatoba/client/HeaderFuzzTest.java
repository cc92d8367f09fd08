package io.hatoba.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Headers that anybody may have sent: whatever they hold, the parsers answer. */
class HeaderFuzzTest {
  @FuzzTest(maxDuration = "20s")
  void anyChallengeIsParsed(FuzzedDataProvider data) {
    String header = data.consumeRemainingAsString();
    for (Challenge challenge : Challenge.parse(header)) {
      assertThat(challenge.scheme())
          .isNotEmpty()
          .isEqualTo(challenge.scheme().toLowerCase(Locale.ROOT));
      assertThat(challenge.parameters().keySet()).allMatch(name -> !name.isEmpty());
    }
  }

  @FuzzTest(maxDuration = "20s")
  void anyLinkIsParsed(FuzzedDataProvider data) {
    String header = data.consumeRemainingAsString();
    LinkHeader.next(List.of(header)).ifPresent(target -> assertThat(header).contains(target));
  }

  @FuzzTest(maxDuration = "20s")
  void anyRetryAfterIsATimeOrNothing(FuzzedDataProvider data) {
    Retries.DEFAULT
        .parseRetryAfter(data.consumeRemainingAsString())
        .ifPresent(
            time -> {
              assertThat(time.isNegative()).isFalse();
              assertThat(Retries.DEFAULT.waitAfter(1, java.util.Optional.of(time)))
                  .isLessThanOrEqualTo(Duration.ofMinutes(1));
            });
  }
}
