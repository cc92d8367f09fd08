package io.hatoba.server.api;

import static io.hatoba.server.rest.TestServer.anonymous;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.emptyString;

import com.fasterxml.jackson.databind.JsonNode;
import io.hatoba.server.api.OpenApiDocument.Operation;
import io.hatoba.server.rest.SqliteServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** The OpenAPI document of the management API: complete, and the one that is in the repository. */
@QuarkusTest
@TestProfile(SqliteServer.class)
class ContractTest {
  private static final Path IN_THE_REPOSITORY = Path.of("../docs/reference/openapi.json");

  /** A change that breaks clients shows as a change of this file. */
  @Test
  void theDocumentInTheRepositoryIsTheOneOfTheCode() throws IOException {
    String made = document().sorted();
    Files.writeString(Path.of("target/openapi.json"), made);
    assertThat(Files.readString(IN_THE_REPOSITORY))
        .as("docs/reference/openapi.json is stale: copy server/target/openapi.json over it")
        .isEqualTo(made);
  }

  @Test
  void theDocumentInTheRepositoryIsServed() throws IOException {
    String served =
        anonymous()
            .get("/openapi.json")
            .then()
            .statusCode(200)
            .contentType("application/json")
            .extract()
            .asString();
    assertThat(served).isEqualTo(Files.readString(IN_THE_REPOSITORY));
    anonymous().head("/openapi.json").then().statusCode(200).body(emptyString());
  }

  @Test
  void thePageOfOperationsIsMadeFromIt() throws IOException {
    String page = new OperationsPage(document()).text();
    Files.writeString(Path.of("target/operations.md"), page);
    assertThat(Files.readString(Path.of("../docs/reference/operations.md")))
        .as("docs/reference/operations.md is stale: copy server/target/operations.md over it")
        .isEqualTo(page);
  }

  @Test
  void everyOperationSaysWhatItDoesWhoMayAndWhatItAnswers() {
    List<String> incomplete = new ArrayList<>();
    for (Operation operation : document().operations()) {
      JsonNode node = operation.node();
      if (node.path("summary").asText().isBlank()) {
        incomplete.add(operation + " has no summary");
      }
      if (!node.path("description")
          .asText()
          .matches("(?s).*(Needs the permission|For everybody).*")) {
        incomplete.add(operation + " does not say who may");
      }
      boolean success = false;
      for (var response : node.path("responses").properties()) {
        if (response.getKey().matches("[23][0-9]{2}")) {
          success = true;
          boolean empty = List.of("204", "302", "303").contains(response.getKey());
          for (JsonNode content : response.getValue().path("content")) {
            if (content.path("schema").isEmpty()) {
              incomplete.add(operation + " has an answer without a schema");
            }
          }
          if (!empty && response.getValue().path("content").isEmpty()) {
            incomplete.add(operation + " " + response.getKey() + " has no content");
          }
        }
      }
      if (!success) {
        incomplete.add(operation + " has no answer for success");
      }
    }
    assertThat(incomplete).isEmpty();
  }

  /** Two records of one name would get a number, which changes with what else is there. */
  @Test
  void everySchemaHasANameOfItsOwn() {
    assertThat(document().schemaNames()).isNotEmpty().noneMatch(name -> name.matches(".*[0-9]"));
  }

  @Test
  void yamlIsServedToo() throws IOException {
    String yaml =
        anonymous()
            .get("/openapi.yaml")
            .then()
            .statusCode(200)
            .contentType("application/yaml")
            .extract()
            .asString();
    JsonNode read = OpenApiDocument.JSON.valueToTree(new Yaml().load(yaml));
    assertThat(read).isEqualTo(OpenApiDocument.JSON.readTree(IN_THE_REPOSITORY.toFile()));
  }

  private static OpenApiDocument document() {
    return new OpenApiDocument(
        anonymous().queryParam("format", "JSON").get("/openapi-of-the-code").asString());
  }
}
