package io.hatoba.server.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.hatoba.server.api.OpenApiDocument.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Writes {@code docs/reference/operations.md} from the OpenAPI document. */
final class OperationsPage {
  private static final ObjectMapper COMPACT = new ObjectMapper();
  private static final Map<String, String> PATH_EXAMPLES =
      Map.ofEntries(
          Map.entry("registry", "team"),
          Map.entry("image", "shop~web"),
          Map.entry("reference", "1.0"),
          Map.entry("tag", "1.0"),
          Map.entry("account", "kim"),
          Map.entry("name", "ci"),
          Map.entry("role", "release-manager"),
          Map.entry("keyId", "HKZ4Q7M2XW9K3B5T8N6A"),
          Map.entry("code", "denied"));

  private final OpenApiDocument document;

  OperationsPage(OpenApiDocument document) {
    this.document = document;
  }

  String text() {
    StringBuilder page =
        new StringBuilder(
            """
            # Operations of the management API

            Made from the [OpenAPI document](openapi.json), which every server has at `/api/v1/openapi.json` and `.yaml`. What all
            operations share (login, lists, patches, refusals) is in [Management API](api.md). The examples take
            `HATOBA=http://127.0.0.1:5000` and `KEY=id:secret`.
            """);
    Map<String, List<Operation>> byResource =
        document.operations().stream()
            .collect(
                Collectors.groupingBy(
                    operation -> operation.node().path("tags").path(0).asText("Other"),
                    TreeMap::new,
                    Collectors.toList()));
    byResource.forEach(
        (resource, operations) -> {
          page.append("\n## ").append(words(resource)).append('\n');
          operations.forEach(operation -> append(page, operation));
        });
    return page.toString();
  }

  private void append(StringBuilder page, Operation operation) {
    JsonNode node = operation.node();
    page.append("\n### ").append(node.path("summary").asText()).append("\n\n");
    page.append("`").append(operation).append("`\n\n");
    page.append(node.path("description").asText()).append("\n");
    parameters(page, operation);
    body(page, node);
    answers(page, operation);
    page.append("\n```sh\n").append(curl(operation)).append("\n```\n");
  }

  private void parameters(StringBuilder page, Operation operation) {
    List<String> rows = new ArrayList<>();
    for (JsonNode parameter : operation.parameters()) {
      String description = parameter.path("description").asText();
      if (!parameter.path("in").asText().equals("path") || !description.isEmpty()) {
        rows.add(
            "| `%s` | %s | %s |"
                .formatted(
                    parameter.path("name").asText(),
                    parameter.path("in").asText(),
                    cell(description)));
      }
    }
    if (!rows.isEmpty()) {
      page.append("\n| parameter | in | |\n|---|---|---|\n");
      rows.forEach(row -> page.append(row).append('\n'));
    }
  }

  private void body(StringBuilder page, JsonNode node) {
    JsonNode schema =
        document.resolve(
            document
                .resolve(node.path("requestBody"))
                .path("content")
                .path("application/json")
                .path("schema"));
    if (schema.path("properties").isEmpty()) {
      return;
    }
    page.append("\n| field | kind | |\n|---|---|---|\n");
    for (var property : schema.path("properties").properties()) {
      JsonNode described = property.getValue();
      page.append(
          "| `%s` | %s | %s |\n"
              .formatted(
                  property.getKey(),
                  kind(described),
                  cell(
                      described
                          .path("description")
                          .asText(document.resolve(described).path("description").asText()))));
    }
  }

  private void answers(StringBuilder page, Operation operation) {
    for (var response : operation.node().path("responses").properties()) {
      if (!response.getKey().startsWith("2") && !response.getKey().startsWith("3")) {
        continue;
      }
      JsonNode schema = response.getValue().path("content").path("application/json").path("schema");
      page.append("\nAnswer ").append(response.getKey());
      page.append(
          schema.isMissingNode() ? ".\n" : ":\n\n```json\n" + json(example(schema, 0)) + "\n```\n");
    }
  }

  private String curl(Operation operation) {
    StringBuilder curl = new StringBuilder("curl -u \"$KEY\"");
    if (!operation.method().equals("GET")) {
      curl.append(" -X ").append(operation.method());
    }
    boolean conditional =
        operation.parameters().stream()
            .anyMatch(parameter -> parameter.path("name").asText().equals("If-Match"));
    if (conditional) {
      curl.append(" -H 'If-Match: *'");
    }
    JsonNode content = document.resolve(operation.node().path("requestBody")).path("content");
    if (!content.isEmpty()) {
      var type = content.properties().iterator().next();
      curl.append(" -H 'Content-Type: ").append(type.getKey()).append("' \\\n  -d '");
      curl.append(json(example(type.getValue().path("schema"), 0)).replace("'", "'\\''"));
      curl.append("' \\\n ");
    }
    String path = operation.path();
    for (JsonNode parameter : operation.parameters()) {
      if (parameter.path("in").asText().equals("path")) {
        String name = parameter.path("name").asText();
        path =
            path.replace(
                "{" + name + "}",
                PATH_EXAMPLES.getOrDefault(
                    name, parameter.path("schema").path("examples").path(0).asText("1234")));
      }
    }
    return curl.append(" \"$HATOBA").append(path).append('"').toString();
  }

  /** A value that fits a schema, of the examples that it has. */
  private JsonNode example(JsonNode reference, int depth) {
    JsonNode schema = document.resolve(reference);
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    if (reference.path("examples").size() > 0) {
      return reference.path("examples").get(0);
    }
    if (schema.path("examples").size() > 0) {
      return schema.path("examples").get(0);
    }
    if (schema.path("enum").size() > 0) {
      return schema.path("enum").get(0);
    }
    if (schema.path("anyOf").size() > 0) {
      return example(schema.path("anyOf").get(0), depth);
    }
    String type =
        schema.path("type").isArray()
            ? schema.path("type").get(0).asText()
            : schema.path("type").asText();
    return switch (type) {
      case "array" -> {
        ArrayNode array = nodes.arrayNode();
        if (depth < 4) {
          array.add(example(schema.path("items"), depth + 1));
        }
        yield array;
      }
      case "integer", "number" -> nodes.numberNode(1);
      case "boolean" -> nodes.booleanNode(true);
      case "string" -> nodes.textNode("…");
      default -> {
        ObjectNode object = nodes.objectNode();
        if (depth < 4) {
          for (var property : schema.path("properties").properties()) {
            object.set(property.getKey(), example(property.getValue(), depth + 1));
          }
        }
        yield object;
      }
    };
  }

  private String kind(JsonNode described) {
    JsonNode schema = document.resolve(described);
    if (schema.path("enum").size() > 0) {
      List<String> words = new ArrayList<>();
      schema.path("enum").forEach(word -> words.add("`" + word.asText() + "`"));
      return String.join(", ", words);
    }
    if (schema.path("type").asText().equals("array")) {
      return "list of " + kind(schema.path("items"));
    }
    return schema.has("format")
        ? schema.get("format").asText()
        : schema.path("type").asText("object");
  }

  private static String words(String resource) {
    return resource.replaceAll("([a-z])([A-Z])", "$1 $2").transform(OperationsPage::sentence);
  }

  private static String sentence(String words) {
    return words.substring(0, 1) + words.substring(1).toLowerCase(Locale.ROOT);
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replaceAll("\\s*\\n\\s*", " ");
  }

  private static String json(JsonNode value) {
    try {
      return COMPACT.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
