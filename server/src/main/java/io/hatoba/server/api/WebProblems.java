package io.hatoba.server.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/**
 * What the framework refuses before an operation sees it: no such path, method or media type, and a
 * body that is no JSON.
 */
@Provider
public final class WebProblems implements ExceptionMapper<WebApplicationException> {
  @Override
  public Response toResponse(WebApplicationException e) {
    if (e.getCause() instanceof JsonProcessingException unreadable) {
      return UnreadableBodies.answer(unreadable);
    }
    Response refused = e.getResponse();
    String title = refused.getStatusInfo().getReasonPhrase();
    return Response.fromResponse(refused)
        .type(Problems.PROBLEM_JSON)
        .entity(
            new Problems.Problem(
                title, refused.getStatus(), "REQUEST_INVALID", title + ": see the API reference"))
        .build();
  }
}
