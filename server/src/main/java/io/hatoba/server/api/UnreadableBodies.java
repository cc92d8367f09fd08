package io.hatoba.server.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.hatoba.oci.ErrorCode;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/**
 * A body that is not the JSON that the operation takes: unknown fields and wrong kinds included.
 */
@Provider
public final class UnreadableBodies implements ExceptionMapper<JsonProcessingException> {
  @Override
  public Response toResponse(JsonProcessingException e) {
    // The original message names the field and what was expected, and nothing of this program.
    String reason = e.getOriginalMessage().lines().findFirst().orElse("it is no JSON");
    return Problems.answer(
            ErrorCode.REQUEST_INVALID, "the body cannot be read: " + withoutClassNames(reason))
        .build();
  }

  private static String withoutClassNames(String reason) {
    int type = reason.indexOf(" (class ");
    return type < 0 ? reason : reason.substring(0, type);
  }
}
