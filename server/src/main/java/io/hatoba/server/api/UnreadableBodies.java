package io.hatoba.server.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.hatoba.oci.ErrorCode;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/** A body that is JSON but not what the operation takes: unknown fields and wrong kinds. */
@Provider
public final class UnreadableBodies implements ExceptionMapper<MismatchedInputException> {
  @Override
  public Response toResponse(MismatchedInputException e) {
    return answer(e);
  }

  static Response answer(JsonProcessingException e) {
    // The first line names the field and what was expected; what follows in brackets names classes
    // of this program.
    String reason = e.getOriginalMessage().lines().findFirst().orElse("it is no JSON");
    int type = reason.indexOf(" (class ");
    return Problems.answer(
            ErrorCode.REQUEST_INVALID,
            "the body cannot be read: " + (type < 0 ? reason : reason.substring(0, type)))
        .build();
  }
}
