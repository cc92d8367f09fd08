package io.hatoba.server.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The OpenAPI document as a test reads it. */
final class OpenApiDocument {
  static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

  private final JsonNode root;
  private final SchemaRegistry registry =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
  private final Map<JsonNode, Schema> schemas = new HashMap<>();

  OpenApiDocument(String text) {
    try {
      this.root = JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The document with its keys in order, so that equal ones are equal texts. */
  String sorted() {
    try {
      return JSON.writeValueAsString(JSON.treeToValue(root, Object.class)) + "\n";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The names of all schemas. */
  List<String> schemaNames() {
    List<String> names = new ArrayList<>();
    root.at("/components/schemas").fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** All operations, in the order of the document. */
  List<Operation> operations() {
    List<Operation> operations = new ArrayList<>();
    for (var path : root.path("paths").properties()) {
      for (var verb : path.getValue().properties()) {
        if (verb.getValue().has("responses")) {
          List<JsonNode> parameters = new ArrayList<>();
          path.getValue().path("parameters").forEach(node -> parameters.add(resolve(node)));
          verb.getValue().path("parameters").forEach(node -> parameters.add(resolve(node)));
          operations.add(
              new Operation(
                  verb.getKey().toUpperCase(Locale.ROOT),
                  path.getKey(),
                  parameters,
                  verb.getValue()));
        }
      }
    }
    return operations;
  }

  /** What a reference points to; the node itself if it is none. */
  JsonNode resolve(JsonNode node) {
    return node.has("$ref") ? resolve(root.at(node.get("$ref").asText().substring(1))) : node;
  }

  /** The answer that an operation documents for a status. */
  Optional<JsonNode> response(Operation operation, int status) {
    JsonNode response = operation.node().path("responses").path(Integer.toString(status));
    return response.isMissingNode() ? Optional.empty() : Optional.of(resolve(response));
  }

  /** What is wrong with a value that a schema of this document describes. */
  List<String> violations(JsonNode schema, JsonNode value) {
    Schema compiled =
        schemas.computeIfAbsent(
            schema,
            node -> {
              ObjectNode whole = JSON.createObjectNode();
              whole.set("components", root.path("components"));
              whole.setAll((ObjectNode) node);
              return registry.getSchema(whole);
            });
    return compiled.validate(value).stream().map(Object::toString).toList();
  }

  /** One operation. */
  record Operation(String method, String path, List<JsonNode> parameters, JsonNode node) {
    @Override
    public String toString() {
      return method + " " + path;
    }
  }
}
