package io.hatoba.server.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Tells a refusal as problem JSON (RFC 9457), with the code of the registry protocol. */
@Provider
public final class Problems implements ExceptionMapper<RefusedException> {
  static final String PROBLEM_JSON = "application/problem+json";

  @Context @Nullable HttpHeaders request;

  @Override
  public Response toResponse(RefusedException refused) {
    Refusal refusal = refused.refusal();
    Response.ResponseBuilder answer = answer(refusal);
    switch (refusal) {
      case Refusal.Unauthorized _ -> answer.header(HttpHeaders.WWW_AUTHENTICATE, challenge());
      case Refusal.TooMany tooMany ->
          answer.header(HttpHeaders.RETRY_AFTER, Math.max(1, tooMany.retryAfter().toSeconds()));
      case Refusal.Unavailable unavailable ->
          answer.header(HttpHeaders.RETRY_AFTER, Math.max(1, unavailable.retryAfter().toSeconds()));
      case Refusal.Unknown _,
          Refusal.Invalid _,
          Refusal.InvalidFields _,
          Refusal.Denied _,
          Refusal.Conflict _,
          Refusal.TooLarge _,
          Refusal.Unsupported _ -> {}
    }
    return answer.build();
  }

  /** Not Basic for a page: its browser would ask for a password in a window of its own. */
  private String challenge() {
    boolean page = request != null && request.getHeaderString("Sec-Fetch-Site") != null;
    return page ? "Session realm=\"Hatoba\"" : "Basic realm=\"Hatoba\", charset=\"UTF-8\"";
  }

  static Response.ResponseBuilder answer(Refusal refusal) {
    List<Refusal.FieldError> errors =
        refusal instanceof Refusal.InvalidFields(var fields) ? fields : List.of();
    return answer(refusal.code().status(), refusal.code().name(), refusal.message(), errors);
  }

  static Response.ResponseBuilder answer(ErrorCode code, String detail) {
    return answer(code.status(), code.name(), detail, List.of());
  }

  static Response.ResponseBuilder answer(
      int status, String code, String detail, List<Refusal.FieldError> errors) {
    return Response.status(status)
        .type(PROBLEM_JSON)
        .entity(
            new Problem(
                "/api/v1/problems/" + code.toLowerCase(Locale.ROOT).replace('_', '-'),
                Titles.of(status),
                status,
                code,
                detail,
                RequestIds.current(),
                errors));
  }

  /**
   * The body.
   *
   * @param type the page that explains the code
   * @param code as in {@link ErrorCode}
   * @param requestId as in the header {@code X-Request-Id}, and in the log
   * @param errors what is wrong with which field, if fields are what is wrong
   */
  public record Problem(
      String type,
      String title,
      int status,
      String code,
      String detail,
      String requestId,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Refusal.FieldError> errors) {
    public Problem {
      errors = List.copyOf(errors);
    }
  }

  /** What HTTP calls a status. */
  private static final class Titles {
    static String of(int status) {
      if (status == 422) {
        return "Unprocessable Content"; // RFC 9110, 15.5.21; Jakarta REST does not know it
      }
      Response.Status known = Response.Status.fromStatusCode(status);
      return known == null ? "Error" : known.getReasonPhrase();
    }
  }
}
