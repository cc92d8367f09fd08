package io.hatoba.server.distribution;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.ProtocolJson;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.auth.Challenge;
import io.hatoba.server.content.ByteSource.BodyAbortedException;
import io.hatoba.server.endpoint.Endpoints;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.jboss.logging.Logger;

/**
 * Turns whatever kept a request from being carried out into its answer: the one place that knows
 * the form of an error (OCI distribution specification, "Error Codes").
 */
@Singleton
final class Refusals {
  private static final Logger LOG = Logger.getLogger(Refusals.class);

  private final Endpoints endpoints;
  private final Challenge challenge;

  Refusals(Endpoints endpoints, Challenge challenge) {
    this.endpoints = endpoints;
    this.challenge = challenge;
  }

  /** Answers a request that failed with this; the last resort of every thread. */
  void answer(Exchange exchange, Throwable failure) {
    switch (failure) {
      case RefusedException refused -> refuse(exchange, refused.refusal());
      case BodyAbortedException aborted -> {
        LOG.debugf(
            "the client went away request=%s reason=%s", exchange.id(), aborted.getMessage());
        exchange.abandon();
      }
      default -> answerDefect(exchange, failure);
    }
  }

  /** Answers a refused request. */
  void refuse(Exchange exchange, Refusal refusal) {
    if (exchange.isAnswered()) {
      exchange.abandon();
      return;
    }
    LOG.debugf(
        "refused request=%s code=%s reason=%s", exchange.id(), refusal.code(), refusal.message());
    Answer answer = exchange.answer(refusal.code().status());
    exchange.headersOfRefusal().forEach(answer::header);
    switch (refusal) {
      case Refusal.Unauthorized unauthorized ->
          answer.header(
              Headers.WWW_AUTHENTICATE,
              challenge.bearer(endpoints.of(exchange.request()), unauthorized));
      case Refusal.TooMany(String _, Duration retryAfter) ->
          answer.header(Headers.RETRY_AFTER, seconds(retryAfter));
      case Refusal.Unavailable(String _, Duration retryAfter) ->
          answer.header(Headers.RETRY_AFTER, seconds(retryAfter));
      case Refusal.Unknown _, Refusal.Invalid _, Refusal.InvalidFields _, Refusal.Denied _ -> {}
      case Refusal.Conflict _, Refusal.TooLarge _, Refusal.Unsupported _ -> {}
    }
    answer.send(Headers.JSON, ProtocolJson.error(refusal));
  }

  /**
   * Answers a request that failed for a reason that is not the client's: the answer names the
   * request and nothing of the cause, the log has both.
   */
  static void answerDefect(Exchange exchange, Throwable failure) {
    LOG.errorf(failure, "failed to answer request=%s verb=%s", exchange.id(), exchange.verb());
    if (exchange.isAnswered() && exchange.request().response().headWritten()) {
      exchange.abandon();
      return;
    }
    Refusal unexplained =
        Refusal.unknown(
            ErrorCode.UNKNOWN,
            "the server failed to answer; its log has the reason under request id " + exchange.id(),
            "");
    exchange.answer(ErrorCode.UNKNOWN.status()).send(Headers.JSON, ProtocolJson.error(unexplained));
  }

  /** A path that the protocol does not know. */
  static RefusedException noSuchResource() {
    return new RefusedException(
        Refusal.unknown(
            ErrorCode.NAME_UNKNOWN, "the registry protocol has no resource with this path", ""));
  }

  private static String seconds(Duration duration) {
    return Long.toString(Math.max(1, duration.plusMillis(999).toSeconds()));
  }
}
