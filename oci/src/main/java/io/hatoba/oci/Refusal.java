package io.hatoba.oci;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Why a request is not carried out. Kinds are closed, so that a renderer can be one exhaustive
 * {@code switch}; features differ in {@link #code()}, message and detail.
 */
public sealed interface Refusal {
  /** The code of the protocol; it decides the HTTP status. */
  ErrorCode code();

  /**
   * What is wrong, why, and what to do: one or two sentences for a person. Never a secret, never a
   * stack trace.
   */
  String message();

  /**
   * What the message is about, for a machine: a name, a digest, a limit. Empty text if there is
   * nothing to add.
   */
  String detail();

  /** It does not exist, or the caller may not know that it does. */
  record Unknown(ErrorCode code, String message, String detail) implements Refusal {}

  /** The request breaks a rule of the protocol. */
  record Invalid(ErrorCode code, String message, String detail) implements Refusal {}

  /**
   * Fields of a request break rules.
   *
   * @param errors at least one
   */
  record InvalidFields(List<FieldError> errors) implements Refusal {
    public InvalidFields {
      errors = List.copyOf(errors);
    }

    @Override
    public ErrorCode code() {
      return ErrorCode.FIELD_INVALID;
    }

    @Override
    public String message() {
      return errors.stream()
          .map(error -> error.field() + " " + error.message())
          .collect(Collectors.joining("; "));
    }

    @Override
    public String detail() {
      return errors.getFirst().field();
    }
  }

  /**
   * What is wrong with one field.
   *
   * @param field a JSON pointer into the body: {@code /name}
   * @param code upper-case, for a machine: {@code REQUIRED}, {@code NAME_INVALID}
   * @param message goes on after the field's name: "has 80 characters; at most 64 are possible"
   */
  record FieldError(String field, String code, String message) {}

  /**
   * Other credentials, or a token with a wider scope, may help (research: oci-clients 2.1).
   *
   * @param challengeError the {@code error} parameter of the challenge: {@code invalid_token} for
   *     an expired or broken token, {@code insufficient_scope} for a good one that lacks an action,
   *     empty when none was sent
   * @param scopes what a token should ask for, for example {@code repository:a/b:pull,push}
   */
  record Unauthorized(String message, Optional<String> challengeError, List<String> scopes)
      implements Refusal {
    public Unauthorized {
      scopes = List.copyOf(scopes);
    }

    @Override
    public ErrorCode code() {
      return ErrorCode.UNAUTHORIZED;
    }

    @Override
    public String detail() {
      return "";
    }
  }

  /** The caller is known and may not, or a policy forbids it. */
  record Denied(String message, String detail) implements Refusal {
    @Override
    public ErrorCode code() {
      return ErrorCode.DENIED;
    }
  }

  /** It collides with what exists. */
  record Conflict(ErrorCode code, String message, String detail) implements Refusal {}

  /** Above a stated limit. */
  record TooLarge(ErrorCode code, String message, String detail) implements Refusal {}

  /**
   * Too much at once.
   *
   * @param retryAfter when a new try makes sense; sent in whole seconds, at least one
   */
  record TooMany(String message, Duration retryAfter) implements Refusal {
    @Override
    public ErrorCode code() {
      return ErrorCode.TOOMANYREQUESTS;
    }

    @Override
    public String detail() {
      return "";
    }
  }

  /** A part of the protocol that is off or does not exist here. */
  record Unsupported(String message, String detail) implements Refusal {
    @Override
    public ErrorCode code() {
      return ErrorCode.UNSUPPORTED;
    }
  }

  /**
   * The service cannot answer now: full disk, unreachable database, stopping.
   *
   * @param retryAfter when a new try makes sense
   */
  record Unavailable(String message, Duration retryAfter) implements Refusal {
    @Override
    public ErrorCode code() {
      return ErrorCode.UNAVAILABLE;
    }

    @Override
    public String detail() {
      return "";
    }
  }

  /** Short for {@code new Invalid(code, message, detail)}. */
  static Refusal invalid(ErrorCode code, String message, String detail) {
    return new Invalid(code, message, detail);
  }

  /** Short for {@code new Unknown(code, message, detail)}. */
  static Refusal unknown(ErrorCode code, String message, String detail) {
    return new Unknown(code, message, detail);
  }
}
