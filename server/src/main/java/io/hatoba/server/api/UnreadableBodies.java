package io.hatoba.server.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.hatoba.server.rest.Json;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/**
 * A body that is JSON but not what the operation takes: unknown fields, wrong kinds and nulls in
 * lists.
 */
@Provider
public final class UnreadableBodies implements ExceptionMapper<MismatchedInputException> {
  @Override
  public Response toResponse(MismatchedInputException e) {
    return answer(e);
  }

  static Response answer(JsonProcessingException e) {
    return Problems.answer(Json.refusal("the body cannot be read", e)).build();
  }
}
