package io.hatoba.server.api;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/** Tells a refusal as problem JSON (RFC 9457), with the code of the registry protocol. */
@Provider
public final class Problems implements ExceptionMapper<RefusedException> {
  static final String PROBLEM_JSON = "application/problem+json";

  @Override
  public Response toResponse(RefusedException refused) {
    Refusal refusal = refused.refusal();
    Response.ResponseBuilder answer = answer(refusal.code(), refusal.message());
    switch (refusal) {
      case Refusal.Unauthorized _ ->
          answer.header(HttpHeaders.WWW_AUTHENTICATE, "Basic realm=\"Hatoba\", charset=\"UTF-8\"");
      case Refusal.TooMany tooMany ->
          answer.header(HttpHeaders.RETRY_AFTER, Math.max(1, tooMany.retryAfter().toSeconds()));
      case Refusal.Unavailable unavailable ->
          answer.header(HttpHeaders.RETRY_AFTER, Math.max(1, unavailable.retryAfter().toSeconds()));
      case Refusal.Unknown _,
          Refusal.Invalid _,
          Refusal.Denied _,
          Refusal.Conflict _,
          Refusal.TooLarge _,
          Refusal.Unsupported _ -> {}
    }
    return answer.build();
  }

  static Response.ResponseBuilder answer(ErrorCode code, String detail) {
    int status = code.status();
    return Response.status(status)
        .type(PROBLEM_JSON)
        .header(HttpHeaders.CACHE_CONTROL, "no-store")
        .entity(
            new Problem(
                Response.Status.fromStatusCode(status).getReasonPhrase(),
                status,
                code.name(),
                detail));
  }

  /** The body. */
  public record Problem(String title, int status, String code, String detail) {}
}
