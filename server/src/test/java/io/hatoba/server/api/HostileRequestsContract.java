package io.hatoba.server.api;

import static io.hatoba.server.rest.TestServer.admin;
import static io.hatoba.server.rest.TestServer.anonymous;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.hatoba.server.api.OpenApiDocument.Operation;
import io.hatoba.server.rest.TestServer;
import io.restassured.RestAssured;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Sends every operation of the OpenAPI document requests that are right, nearly right and wrong.
 * Whatever comes, the answer is none of a defect (5xx), and it is one that the document promises:
 * its status, its media type, its schema.
 */
abstract class HostileRequestsContract {
  private static final int REQUESTS_PER_OPERATION =
      Integer.getInteger("hatoba.hostile.requests", 60);

  /** Streams that do not end by themselves. */
  private static final List<String> ENDLESS = List.of("/api/v1/events");

  private final long seed =
      Optional.ofNullable(Long.getLong("hatoba.hostile.seed"))
          .orElseGet(() -> new SplittableRandom().nextLong());
  private final SplittableRandom random = new SplittableRandom(seed);

  @Test
  void noRequestFindsADefectOrAnUndocumentedAnswer() throws IOException, InterruptedException {
    OpenApiDocument document = new OpenApiDocument(anonymous().get("/openapi.json").asString());
    HostileValues values = new HostileValues(document, random);
    prepare();
    List<String> wrong = new ArrayList<>();
    Map<String, Integer> answers = new TreeMap<>();
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      for (Operation operation : document.operations()) {
        if (ENDLESS.contains(operation.path())) {
          continue;
        }
        for (int i = 0; i < REQUESTS_PER_OPERATION; i++) {
          HostileValues.Request request = values.request(operation);
          HttpResponse<byte[]> answer =
              client.send(built(request), HttpResponse.BodyHandlers.ofByteArray());
          answers.merge(Integer.toString(answer.statusCode() / 100) + "xx", 1, Integer::sum);
          problem(document, operation, answer)
              .ifPresent(
                  why ->
                      wrong.add(
                          "%s%n  %s%n  -> %d %s"
                              .formatted(why, request, answer.statusCode(), text(answer.body()))));
        }
      }
    }
    System.out.printf("hostile requests: seed %d, answers %s%n", seed, answers);
    assertThat(wrong.stream().limit(20)).as("%d wrong, seed %d", wrong.size(), seed).isEmpty();
    // Otherwise all of it was refused at the door and says nothing.
    assertThat(answers.getOrDefault("2xx", 0)).isGreaterThan(document.operations().size());
  }

  /** What requests can name and hit. */
  private void prepare() {
    admin().body(Map.of("name", "hostile")).post("/registries");
    byte[] empty = "{}".getBytes(StandardCharsets.UTF_8);
    String digest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    RestAssured.given()
        .auth()
        .preemptive()
        .basic(TestServer.ADMIN_KEY, TestServer.ADMIN_SECRET)
        .contentType("application/octet-stream")
        .body(empty)
        .post("/v2/hostile/app/blobs/uploads/?digest=" + digest)
        .then()
        .statusCode(201);
    String type = "application/vnd.oci.image.manifest.v1+json";
    RestAssured.given()
        .auth()
        .preemptive()
        .basic(TestServer.ADMIN_KEY, TestServer.ADMIN_SECRET)
        .contentType(type)
        .body(
            ("{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":{\"mediaType\":"
                    + "\"application/vnd.oci.empty.v1+json\",\"size\":2,\"digest\":\"%s\"},\"layers\":[]}")
                .formatted(type, digest)
                .getBytes(StandardCharsets.UTF_8))
        .put("/v2/hostile/app/manifests/1.0")
        .then()
        .statusCode(201);
  }

  private static HttpRequest built(HostileValues.Request request) {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(
                URI.create("http://localhost:" + RestAssured.port + request.target()))
            .method(
                request.method(),
                request
                    .body()
                    .map(body -> HttpRequest.BodyPublishers.ofByteArray(body))
                    .orElseGet(HttpRequest.BodyPublishers::noBody));
    request.headers().forEach(builder::setHeader);
    if (request.signedIn()) {
      builder.setHeader(
          "Authorization",
          "Basic "
              + Base64.getEncoder()
                  .encodeToString(
                      (TestServer.ADMIN_KEY + ":" + TestServer.ADMIN_SECRET)
                          .getBytes(StandardCharsets.UTF_8)));
    }
    return builder.build();
  }

  private static Optional<String> problem(
      OpenApiDocument document, Operation operation, HttpResponse<byte[]> answer)
      throws IOException {
    int status = answer.statusCode();
    if (status >= 500) {
      return Optional.of("a defect");
    }
    Optional<JsonNode> documented = document.response(operation, status);
    if (documented.isEmpty()) {
      return Optional.of("a status that is not documented");
    }
    JsonNode content = documented.get().path("content");
    if (answer.body().length == 0) {
      return content.isEmpty() || operation.method().equals("HEAD")
          ? Optional.empty()
          : Optional.of("no body, though one is documented");
    }
    String type =
        answer.headers().firstValue("Content-Type").orElse("").replaceFirst(";.*", "").strip();
    if (!content.has(type)) {
      return Optional.of("a media type that is not documented: " + type);
    }
    if (!type.endsWith("json")) {
      return Optional.empty();
    }
    List<String> violations =
        document.violations(
            content.path(type).path("schema"), OpenApiDocument.JSON.readTree(answer.body()));
    return violations.isEmpty()
        ? Optional.empty()
        : Optional.of("not as its schema says: " + violations);
  }

  private static String text(byte[] body) {
    String text = new String(body, StandardCharsets.UTF_8);
    return text.substring(0, Math.min(text.length(), 400));
  }
}
