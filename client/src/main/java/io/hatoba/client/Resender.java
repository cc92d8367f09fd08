package io.hatoba.client;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Sends again what may be sent again, a bounded number of times. */
final class Resender {
  /** One sending. */
  @FunctionalInterface
  interface Sending {
    Answer send() throws IOException;
  }

  private final Retries retries;

  Resender(Retries retries) {
    this.retries = retries;
  }

  /** The first answer that another try would not change, or the last one. */
  Answer send(Sending sending) throws IOException {
    for (int attempt = 1; ; attempt++) {
      Optional<Duration> retryAfter;
      try {
        Answer answer = sending.send();
        if (!Retries.isTransient(answer.status()) || attempt >= retries.attempts()) {
          return answer;
        }
        retryAfter = answer.header("Retry-After").flatMap(retries::parseRetryAfter);
        answer.body().close();
      } catch (ConnectionFailedException e) {
        if (attempt >= retries.attempts()) {
          throw e;
        }
        retryAfter = Optional.empty();
      }
      pause(retries.waitAfter(attempt, retryAfter));
    }
  }

  /** Waits. */
  void pause(Duration time) throws IOException {
    try {
      retries.pause().await(time);
    } catch (InterruptedException e) {
      throw BodyStream.interrupted(e);
    }
  }
}
