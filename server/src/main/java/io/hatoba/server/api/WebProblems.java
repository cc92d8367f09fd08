package io.hatoba.server.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import java.util.List;

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
    int status = refused.getStatus();
    Response problem =
        Problems.answer(
                status,
                status == 405 ? "UNSUPPORTED" : "REQUEST_INVALID",
                detail(status),
                List.of())
            .build();
    return Response.fromResponse(refused)
        .type(Problems.PROBLEM_JSON)
        .entity(problem.getEntity())
        .build();
  }

  private static String detail(int status) {
    return switch (status) {
      case 404 ->
          "Hatoba has nothing here. The registry protocol is at /v2/, the management API at /api/v1/.";
      case 405 -> "this resource does not have that method";
      case 406, 415 -> "the management API speaks application/json";
      default -> "the request cannot be carried out as it is";
    };
  }
}
