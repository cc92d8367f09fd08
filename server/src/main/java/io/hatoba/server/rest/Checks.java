package io.hatoba.server.rest;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.Refusal.FieldError;
import io.hatoba.oci.RefusedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Gathers what is wrong with the fields of a request, so that the answer names all of it at once.
 *
 * <pre>
 * Checks checks = new Checks();
 * String name = checks.parsed("/name", body.name(), RegistryName::parse) …
 * checks.done();
 * </pre>
 */
public final class Checks {
  private final List<FieldError> errors = new ArrayList<>();

  /** Notes that a field breaks a rule. */
  public void wrong(String field, String code, String message) {
    errors.add(new FieldError(field, code, message));
  }

  /** Notes it unless the rule holds. */
  public void require(boolean holds, String field, String message) {
    if (!holds) {
      wrong(field, "INVALID", message);
    }
  }

  /**
   * A text of at most so many characters (UTF-16 units) without control characters but line ends.
   */
  public String text(String field, @Nullable String text, int longest) {
    String given = text == null ? "" : text;
    require(
        given.length() <= longest,
        field,
        "has %d characters; at most %d are possible".formatted(given.length(), longest));
    require(
        given
            .chars()
            .allMatch(c -> c == '\n' || c == '\r' || c == '\t' || !Character.isISOControl(c)),
        field,
        "contains a control character");
    return given;
  }

  /** A text as {@link #text}, with at least one character that is no space. */
  public String requiredText(String field, @Nullable String text, int longest) {
    if (text == null || text.isBlank()) {
      wrong(field, "REQUIRED", "is missing or empty");
      return "";
    }
    return text(field, text, longest);
  }

  /**
   * A required value with a parser of its own, whose refusal becomes the field's message. Empty if
   * something is wrong.
   */
  public <T> Optional<T> parsed(String field, @Nullable String text, Function<String, T> parser) {
    if (text == null) {
      wrong(field, "REQUIRED", "is missing");
      return Optional.empty();
    }
    try {
      return Optional.of(parser.apply(text));
    } catch (RefusedException e) {
      wrong(field, e.refusal().code().name(), e.refusal().message());
      return Optional.empty();
    }
  }

  /**
   * Ends the checks.
   *
   * @throws RefusedException with {@link ErrorCode#FIELD_INVALID} that names each wrong field
   */
  public void done() {
    if (!errors.isEmpty()) {
      throw new RefusedException(new Refusal.InvalidFields(errors));
    }
  }
}
