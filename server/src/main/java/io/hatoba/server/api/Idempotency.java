package io.hatoba.server.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.api.StoredAnswers.Begun;
import io.hatoba.server.api.StoredAnswers.Claim;
import io.hatoba.server.content.Actor;
import io.hatoba.server.rest.Access;
import io.hatoba.server.rest.Json;
import jakarta.annotation.Priority;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * {@code Idempotency-Key}: makes the repeat of a POST harmless. The same key from the same caller
 * with the same request gets the answer of the first try, also its secret, without doing it again;
 * with another request 422; while the first try is under way 409.
 *
 * <p>An answer of the kind 5xx is not kept. If the process dies between the change and the keeping
 * of its answer, a repeat after five minutes does it again. Operations that everybody may call
 * (signing in) do not look at the key: to repeat them is harmless.
 */
@jakarta.ws.rs.ext.Provider
@Priority(Idempotency.PRIORITY)
public final class Idempotency implements ContainerRequestFilter, ContainerResponseFilter {
  /** After the caller and the query are checked; and, for answers, after they are audited. */
  static final int PRIORITY = Priorities.USER - 500;

  static final String HEADER = "Idempotency-Key";
  private static final Logger LOG = Logger.getLogger(Idempotency.class);
  private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{1,64}");
  private static final String CLAIM = Idempotency.class.getName() + ".claim";
  private static final String REPEATED = Idempotency.class.getName() + ".repeated";
  private static final List<String> KEPT_HEADERS = List.of("Location", "ETag", "Retry-After");

  private final Provider<StoredAnswers> answers;
  private final Provider<AnswerCipher> cipher;
  private final Provider<ObjectMapper> mapper;
  private final CurrentRequester current;

  @Context @Nullable ResourceInfo resource;

  @Inject
  Idempotency(
      Provider<StoredAnswers> answers,
      Provider<AnswerCipher> cipher,
      Provider<ObjectMapper> mapper,
      CurrentRequester current) {
    this.answers = answers;
    this.cipher = cipher;
    this.mapper = mapper;
    this.current = current;
  }

  /** Whether the answer to a request is one that was given before. */
  static boolean isRepeated(ContainerRequestContext request) {
    return request.getProperty(REPEATED) != null;
  }

  @Override
  public void filter(ContainerRequestContext request) throws IOException {
    String key = request.getHeaderString(HEADER);
    if (key == null || !request.getMethod().equals(HttpMethod.POST) || isForEverybody()) {
      return;
    }
    if (!KEY.matcher(key).matches()) {
      throw new RefusedException(
          Refusal.invalid(
              ErrorCode.REQUEST_INVALID,
              HEADER + " has 1 to 64 visible ASCII characters; a UUID is a good one",
              HEADER));
    }
    Actor actor = current.actor();
    byte[] body = request.getEntityStream().readAllBytes();
    request.setEntityStream(new ByteArrayInputStream(body));
    String fingerprint =
        cipher
            .get()
            .fingerprint(
                bytes(request.getUriInfo().getRequestUri().getRawPath()),
                bytes(
                    Optional.ofNullable(request.getUriInfo().getRequestUri().getRawQuery())
                        .orElse("")),
                // Another key of the same person may be allowed less, and the answer may hold a
                // secret.
                bytes(actor.via()),
                body);
    switch (answers.get().begin(new StoredAnswers.Id(actor.principal(), key), fingerprint)) {
      case Begun.First(var claim) -> request.setProperty(CLAIM, claim);
      case Begun.Repeated(var answer) -> {
        request.setProperty(REPEATED, true);
        request.abortWith(Kept.parse(answer).response());
      }
      case Begun.Running() ->
          request.abortWith(
              Problems.answer(
                      ErrorCode.CONFLICT,
                      "the first request with this Idempotency-Key is under way; ask again for its"
                          + " answer")
                  .header("Retry-After", 1)
                  .build());
      case Begun.Other() ->
          throw new RefusedException(
              new Refusal.InvalidFields(
                  List.of(
                      new Refusal.FieldError(
                          HEADER,
                          "IDEMPOTENCY_KEY_REUSED",
                          "was used for another request, or with other credentials; take a new"
                              + " key for each request"))));
    }
  }

  @Override
  public void filter(ContainerRequestContext request, ContainerResponseContext response) {
    if (!(request.getProperty(CLAIM) instanceof Claim claim)) {
      return;
    }
    request.removeProperty(CLAIM);
    try {
      Optional<String> body = body(response);
      if (response.getStatus() >= 500 || body.isEmpty()) {
        answers.get().drop(claim);
        return;
      }
      answers.get().keep(claim, Kept.of(response, body.get()).json());
    } catch (RuntimeException e) {
      // The operation is done, and its answer tells so. A repeat finds the request under way until
      // the claim ends.
      LOG.warnf(e, "failed to keep the answer for a repeat, requestId=%s", RequestIds.current());
    }
  }

  /** As it will be sent: what is kept is what the first client gets. Empty for a stream. */
  private Optional<String> body(ContainerResponseContext response) {
    if (!response.hasEntity()) {
      return Optional.of("");
    }
    Object entity = response.getEntity();
    if (entity instanceof String text) {
      return Optional.of(text);
    }
    if (!(entity instanceof Record)) {
      return Optional.empty();
    }
    try {
      String json = mapper.get().writeValueAsString(entity);
      MediaType type = response.getMediaType();
      response.setEntity(
          json, new Annotation[0], type == null ? MediaType.APPLICATION_JSON_TYPE : type);
      return Optional.of(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private boolean isForEverybody() {
    if (resource == null) {
      return true;
    }
    Access access = resource.getResourceMethod().getAnnotation(Access.class);
    return access != null && access.value() == Access.Who.ANYBODY;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** An answer as it is kept. */
  record Kept(int status, Map<String, String> headers, String type, String body) {
    Kept {
      headers = Map.copyOf(headers);
    }

    static Kept of(ContainerResponseContext response, String body) {
      TreeMap<String, String> headers = new TreeMap<>();
      for (String name : KEPT_HEADERS) {
        String value = response.getHeaderString(name);
        if (value != null) {
          headers.put(name, value);
        }
      }
      MediaType type = response.getMediaType();
      return new Kept(
          response.getStatus(),
          headers,
          type == null ? MediaType.APPLICATION_JSON : type.toString(),
          body);
    }

    static Kept parse(String json) {
      try {
        return Json.MAPPER.readValue(json, Kept.class);
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("a stored answer is no JSON", e);
      }
    }

    String json() {
      try {
        return Json.MAPPER.writeValueAsString(this);
      } catch (JsonProcessingException e) {
        throw new IllegalStateException(e);
      }
    }

    Response response() {
      Response.ResponseBuilder answer = Response.status(status);
      headers.forEach(answer::header);
      answer.header("Idempotency-Replayed", "true");
      return body.isEmpty() ? answer.build() : answer.type(type).entity(body).build();
    }
  }
}
