package io.hatoba.server.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import jakarta.ws.rs.ext.ExceptionMapper;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the framework refuses before an operation sees it: no such path, method or media type, and a
 * body that is no JSON.
 */
@jakarta.ws.rs.ext.Provider
public final class WebProblems implements ExceptionMapper<WebApplicationException> {
  private final Provider<AllowedMethods> allowed;

  @Context @Nullable UriInfo uri;

  @Inject
  WebProblems(Provider<AllowedMethods> allowed) {
    this.allowed = allowed;
  }

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
    Response.ResponseBuilder answer =
        Response.fromResponse(refused).type(Problems.PROBLEM_JSON).entity(problem.getEntity());
    if (status == 405 && uri != null) {
      answer.header(HttpHeaders.ALLOW, allowed.get().at(uri.getRequestUri().getRawPath()));
    }
    return answer.build();
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
