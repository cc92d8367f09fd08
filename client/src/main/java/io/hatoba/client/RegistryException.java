package io.hatoba.client;

import io.hatoba.oci.ErrorCode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A registry said no, or said something that cannot be accepted. */
public final class RegistryException extends IOException {
  /** What kind of failure it is. */
  public enum Reason {
    /** The registry answered with an error; {@link #status()} and {@link #errors()} tell which. */
    REFUSED,
    /** The answer is not of the protocol's form. */
    PROTOCOL,
    /** The bytes are not those that the digest or the length promises. */
    CORRUPT,
    /** An answer is longer than the client is willing to hold. */
    TOO_LARGE,
    /** The registry pointed to a place where the client does not go. */
    UNTRUSTED
  }

  private static final int LONGEST_MESSAGE = 500;

  private final Reason reason;
  private final int status;
  private final transient List<ProtocolError> errors;
  private final transient Optional<Duration> retryAfter;

  private RegistryException(
      Reason reason,
      int status,
      String message,
      List<ProtocolError> errors,
      Optional<Duration> retryAfter) {
    super(message);
    this.reason = reason;
    this.status = status;
    this.errors = List.copyOf(errors);
    this.retryAfter = retryAfter;
  }

  static RegistryException refused(
      String what, int status, List<ProtocolError> errors, Optional<Duration> retryAfter) {
    StringBuilder message = new StringBuilder(what).append(" was answered with ").append(status);
    for (ProtocolError error : errors) {
      message.append("; ").append(error.code());
      if (!error.message().isEmpty()) {
        message
            .append(": ")
            .append(error.message(), 0, Math.min(error.message().length(), LONGEST_MESSAGE));
      }
    }
    return new RegistryException(Reason.REFUSED, status, message.toString(), errors, retryAfter);
  }

  static RegistryException protocol(String message) {
    return new RegistryException(Reason.PROTOCOL, 0, message, List.of(), Optional.empty());
  }

  static RegistryException corrupt(String message) {
    return new RegistryException(Reason.CORRUPT, 0, message, List.of(), Optional.empty());
  }

  static RegistryException tooLarge(String message) {
    return new RegistryException(Reason.TOO_LARGE, 0, message, List.of(), Optional.empty());
  }

  static RegistryException untrusted(String message) {
    return new RegistryException(Reason.UNTRUSTED, 0, message, List.of(), Optional.empty());
  }

  /** What kind of failure it is. */
  public Reason reason() {
    return reason;
  }

  /** The status of the answer; 0 unless the reason is {@link Reason#REFUSED}. */
  public int status() {
    return status;
  }

  /** What the answer's body said; empty if it said nothing that could be read. */
  public List<ProtocolError> errors() {
    return errors;
  }

  /** When the registry wants to be asked again, if it said so. */
  public Optional<Duration> retryAfter() {
    return retryAfter;
  }

  /** Whether one of the errors has this code. */
  public boolean has(ErrorCode code) {
    return errors.stream().anyMatch(error -> error.code().equals(code.name()));
  }
}
