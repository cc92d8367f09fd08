package io.hatoba.client;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the small JSON answers of the protocol, from bytes that anybody may have sent. */
final class AnswerJson {
  private static final int MOST_ERRORS = 20;
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(32).build())
          .build();

  private AnswerJson() {}

  /**
   * A token endpoint's answer.
   *
   * @param value the token
   * @param lifetime how long it is good for; 60 seconds unless the answer says so
   */
  record Token(Secret value, Duration lifetime) {}

  /** The errors of an answer; none if it is not of the form (a proxy's HTML page, a cut body). */
  static List<ProtocolError> errors(byte[] json) {
    List<ProtocolError> errors = new ArrayList<>();
    try (JsonParser parser = FACTORY.createParser(json)) {
      if (enter(parser, "errors") && parser.currentToken() == JsonToken.START_ARRAY) {
        while (parser.nextToken() == JsonToken.START_OBJECT && errors.size() < MOST_ERRORS) {
          errors.add(error(parser));
        }
      }
    } catch (IOException e) {
      // What was readable up to here is all that can be told; the status tells the rest.
      return errors;
    }
    return errors;
  }

  /** The token of a token endpoint's answer; empty if it has none. */
  static Optional<Token> token(byte[] json) throws IOException {
    String token = "";
    String accessToken = "";
    long seconds = 60;
    try (JsonParser parser = FACTORY.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        if (name.equals("token") && value == JsonToken.VALUE_STRING) {
          token = parser.getText();
        } else if (name.equals("access_token") && value == JsonToken.VALUE_STRING) {
          accessToken = parser.getText();
        } else if (name.equals("expires_in") && value == JsonToken.VALUE_NUMBER_INT) {
          seconds = parser.getLongValue();
        } else {
          parser.skipChildren();
        }
      }
    }
    String best = token.isEmpty() ? accessToken : token;
    if (best.isEmpty() || !isHeaderText(best)) {
      return Optional.empty();
    }
    return Optional.of(
        new Token(new Secret(best), Duration.ofSeconds(Math.clamp(seconds, 0, 86_400))));
  }

  /** The texts of the array in this field of an object; {@code null} counts as an empty array. */
  static List<String> strings(byte[] json, String field) throws IOException {
    List<String> texts = new ArrayList<>();
    try (JsonParser parser = FACTORY.createParser(json)) {
      if (!enter(parser, field)) {
        throw RegistryException.protocol("a list has no field " + field);
      }
      if (parser.currentToken() == JsonToken.VALUE_NULL) {
        return texts;
      }
      if (parser.currentToken() != JsonToken.START_ARRAY) {
        throw RegistryException.protocol("the field " + field + " is no array");
      }
      while (parser.nextToken() == JsonToken.VALUE_STRING) {
        texts.add(parser.getText());
      }
      if (parser.currentToken() != JsonToken.END_ARRAY) {
        throw RegistryException.protocol("the array " + field + " holds something besides texts");
      }
    }
    return texts;
  }

  /** Moves to the value of a field of the outermost object; false if it has none. */
  private static boolean enter(JsonParser parser, String field) throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      return false;
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      if (name.equals(field)) {
        return true;
      }
      parser.skipChildren();
    }
    return false;
  }

  private static ProtocolError error(JsonParser parser) throws IOException {
    String code = "";
    String message = "";
    String detail = "";
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      String text = value.isStructStart() ? copy(parser) : parser.getText();
      switch (name) {
        case "code" -> code = text;
        case "message" -> message = text;
        case "detail" -> detail = value == JsonToken.VALUE_NULL ? "" : text;
        default -> {}
      }
    }
    return new ProtocolError(code, message, detail);
  }

  private static String copy(JsonParser parser) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator generator = FACTORY.createGenerator(text)) {
      generator.copyCurrentStructure(parser);
    }
    return text.toString();
  }

  private static boolean isHeaderText(String text) {
    return text.chars().allMatch(c -> c > ' ' && c < 0x7f);
  }
}
