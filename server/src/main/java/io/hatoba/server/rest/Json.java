package io.hatoba.server.rest;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.InvalidNullException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.Refusal.FieldError;
import java.util.List;

/** JSON as the management API reads and writes it, where no framework does it. */
public final class Json {
  /**
   * What is to become of a null in a list or map: it is refused. A field that is null is another
   * matter: to most operations it is as good as absent, to a merge patch it is an order.
   */
  public static final JsonSetter.Value NULL_CONTENTS = JsonSetter.Value.forContentNulls(Nulls.FAIL);

  /** Knows optional values and times; refuses unknown fields, and nulls in lists and maps. */
  public static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .defaultSetterInfo(NULL_CONTENTS)
          .build();

  private Json() {}

  /**
   * Tells why JSON that a caller sent cannot be read, without the names of classes of this program.
   *
   * @param what cannot be done: {@code the body cannot be read}
   */
  public static Refusal refusal(String what, JsonProcessingException e) {
    if (e instanceof InvalidNullException nullContent) {
      return new Refusal.InvalidFields(
          List.of(
              new FieldError(
                  pointer(nullContent), "INVALID", "is null; give a value or leave it out")));
    }
    return Refusal.invalid(ErrorCode.REQUEST_INVALID, what + ": " + reason(e), "");
  }

  private static String reason(JsonProcessingException e) {
    String reason = e.getOriginalMessage().lines().findFirst().orElse("it is no JSON");
    int type = reason.indexOf(" (class ");
    return type < 0 ? reason : reason.substring(0, type);
  }

  /** Where it is, as RFC 6901 writes it. */
  private static String pointer(JsonMappingException e) {
    StringBuilder pointer = new StringBuilder();
    for (JsonMappingException.Reference step : e.getPath()) {
      String name = step.getFieldName();
      pointer
          .append('/')
          .append(
              name == null
                  ? Integer.toString(step.getIndex())
                  : name.replace("~", "~0").replace("/", "~1"));
    }
    return pointer.toString();
  }
}
