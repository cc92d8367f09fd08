package io.hatoba.server.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.hatoba.server.api.OpenApiDocument.Operation;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/** Makes requests from the OpenAPI document: half of them right as far as it tells. */
final class HostileValues {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** What a path parameter can name so that something is found; never the caller's own account. */
  private static final Map<String, List<String>> KNOWN =
      Map.ofEntries(
          Map.entry("registry", List.of("hostile", "main")),
          Map.entry("image", List.of("app", "team~app")),
          Map.entry("reference", List.of("1.0", "latest")),
          Map.entry("tag", List.of("1.0", "2.0")),
          Map.entry("role", List.of("project-admin", "builder")),
          Map.entry("account", List.of("kim", "lee")),
          Map.entry("name", List.of("ci", "robot")),
          Map.entry("keyId", List.of("HKNOTHINGHERE")),
          Map.entry("id", List.of("1", "42")));

  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "a",
          "team",
          "0",
          "-1",
          "1e9",
          "9223372036854775808",
          "null",
          "true",
          "..",
          "../..",
          "~",
          "%",
          "%00",
          "%2F",
          "a/b",
          "a~b",
          "a'b\"c",
          "<script>alert(1)</script>",
          "日本語",
          "🛥️",
          "\u0000",
          "\n",
          "\uFEFF",
          "A".repeat(64),
          "a".repeat(300),
          "x".repeat(5000),
          "sha256:" + "0".repeat(64),
          "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
          "sha256:xyz",
          "account:kim",
          "robot:ci",
          "group:dev",
          "2026-11-24T10:00:00Z",
          "2026-13-40",
          "*",
          "**",
          "{a,b",
          "http://127.0.0.1/",
          "https://example.com",
          "project-admin",
          "artifact:pull",
          "name",
          "-name");

  private final OpenApiDocument document;
  private final SplittableRandom random;

  HostileValues(OpenApiDocument document, SplittableRandom random) {
    this.document = document;
    this.random = random;
  }

  Request request(Operation operation) {
    String target = operation.path();
    List<String> query = new ArrayList<>();
    Map<String, String> headers = new LinkedHashMap<>();
    for (JsonNode parameter : operation.parameters()) {
      String name = parameter.path("name").asText();
      switch (parameter.path("in").asText()) {
        case "path" -> target = target.replace("{" + name + "}", encoded(pathValue(name)));
        case "query" -> {
          if (parameter.path("required").asBoolean() || random.nextInt(3) == 0) {
            query.add(encoded(name) + "=" + encoded(text(parameter.path("schema"))));
          }
        }
        case "header" -> {
          if (random.nextInt(2) == 0) {
            headers.put(name, random.nextBoolean() ? "*" : "\"abc\"");
          }
        }
        default -> {}
      }
    }
    if (one(20)) {
      query.add(encoded(pick(TEXTS)) + "=1");
    }
    Optional<byte[]> body = body(operation, headers);
    if (one(20)) {
      headers.put("Accept", pick(List.of("text/plain", "image/png", "nonsense", "*/*")));
    }
    return new Request(
        operation.method(),
        query.isEmpty() ? target : target + "?" + String.join("&", query),
        headers,
        body,
        !one(20));
  }

  private Optional<byte[]> body(Operation operation, Map<String, String> headers) {
    JsonNode content = document.resolve(operation.node().path("requestBody")).path("content");
    if (content.isEmpty()) {
      return Optional.empty();
    }
    var type = content.properties().iterator().next();
    headers.put(
        "Content-Type",
        one(15) ? pick(List.of("text/plain", "application/xml", "x")) : type.getKey());
    if (one(20)) {
      return Optional.of(
          pick(List.of(
                  "",
                  "{",
                  "[]",
                  "null",
                  "1",
                  "\"x\"",
                  "{\"a\":1,\"a\":2}",
                  "{} {}",
                  "[".repeat(2000)))
              .getBytes(StandardCharsets.UTF_8));
    }
    JsonNode value = value(type.getValue().path("schema"), 0);
    try {
      return Optional.of(OpenApiDocument.JSON.writeValueAsBytes(value));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private JsonNode value(JsonNode reference, int depth) {
    JsonNode schema = document.resolve(reference);
    if (one(25) || depth > 6) {
      return nonsense();
    }
    for (String choice : List.of("anyOf", "oneOf", "allOf")) {
      if (schema.has(choice)) {
        return value(schema.get(choice).get(random.nextInt(schema.get(choice).size())), depth + 1);
      }
    }
    JsonNode types = schema.path("type");
    String type =
        types.isArray() ? types.get(random.nextInt(types.size())).asText() : types.asText();
    return switch (type) {
      case "object" -> object(schema, depth);
      case "array" -> {
        ArrayNode array = NODES.arrayNode();
        for (int n = one(30) ? 300 : random.nextInt(3); n > 0; n--) {
          array.add(element(schema.path("items"), depth));
        }
        yield array;
      }
      case "integer" ->
          NODES.numberNode(
              pick(List.of(0L, 1L, -1L, 1000L, 1L << 31, Long.MAX_VALUE, Long.MIN_VALUE)));
      case "number" -> NODES.numberNode(random.nextDouble());
      case "boolean" -> NODES.booleanNode(random.nextBoolean());
      case "null" -> NODES.nullNode();
      case "string" -> NODES.textNode(text(schema));
      default -> object(schema, depth);
    };
  }

  private ObjectNode object(JsonNode schema, int depth) {
    ObjectNode object = NODES.objectNode();
    List<String> required = new ArrayList<>();
    schema.path("required").forEach(name -> required.add(name.asText()));
    for (var property : schema.path("properties").properties()) {
      boolean there = required.contains(property.getKey()) ? !one(15) : random.nextInt(3) > 0;
      if (there) {
        object.set(
            property.getKey(), one(30) ? NODES.nullNode() : value(property.getValue(), depth + 1));
      }
    }
    if (schema.path("additionalProperties").isObject()) {
      for (int n = random.nextInt(4); n > 0; n--) {
        object.set(pick(TEXTS), element(schema.get("additionalProperties"), depth));
      }
    }
    if (one(20)) {
      object.put(pick(TEXTS), 1);
    }
    return object;
  }

  /** Of a list or map: what holds it is rarely made, so nulls are frequent. */
  private JsonNode element(JsonNode schema, int depth) {
    return one(8) ? NODES.nullNode() : value(schema, depth + 1);
  }

  private JsonNode nonsense() {
    return switch (random.nextInt(6)) {
      case 0 -> NODES.nullNode();
      case 1 -> NODES.numberNode(random.nextLong());
      case 2 -> NODES.booleanNode(true);
      case 3 -> NODES.arrayNode().add(1).add("x");
      case 4 -> NODES.objectNode().put("x", 1);
      default -> NODES.textNode(pick(TEXTS));
    };
  }

  private String text(JsonNode reference) {
    JsonNode schema = document.resolve(reference);
    if (schema.has("enum") && !one(5)) {
      return schema.get("enum").get(random.nextInt(schema.get("enum").size())).asText();
    }
    if (schema.path("examples").size() > 0 && random.nextBoolean()) {
      return schema.get("examples").get(0).asText();
    }
    if (schema.path("type").asText().equals("integer") && !one(5)) {
      return Integer.toString(random.nextInt(0, 1002));
    }
    // Short names of things that may be there or not, so that some requests succeed.
    return random.nextInt(3) == 0 ? "n" + random.nextInt(30) : pick(TEXTS);
  }

  private String pathValue(String name) {
    List<String> known = KNOWN.getOrDefault(name, List.of("1"));
    String value = random.nextInt(4) == 0 ? pick(TEXTS) : pick(known);
    // An empty segment or one of dots alone is another path.
    return value.isBlank() || value.matches("[./]*") ? "x" : value;
  }

  private <T> T pick(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  private boolean one(int in) {
    return random.nextInt(in) == 0;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** A request before it is sent. */
  record Request(
      String method,
      String target,
      Map<String, String> headers,
      Optional<byte[]> body,
      boolean signedIn) {
    @Override
    public String toString() {
      String text = body.map(bytes -> new String(bytes, StandardCharsets.UTF_8)).orElse("");
      return "%s %s %s %s"
          .formatted(
              method,
              target.substring(0, Math.min(target.length(), 300)),
              headers,
              text.substring(0, Math.min(text.length(), 300)));
    }
  }
}
