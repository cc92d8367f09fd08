package io.hatoba.server.audit;

import static io.hatoba.server.rest.TestServer.ADMIN_KEY;
import static io.hatoba.server.rest.TestServer.ADMIN_SECRET;
import static io.hatoba.server.rest.TestServer.admin;
import static io.hatoba.server.rest.TestServer.anonymous;
import static io.hatoba.server.rest.TestServer.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import io.hatoba.server.account.AccessKey;
import io.hatoba.server.account.AccessKeys;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.Accounts;
import io.hatoba.server.account.Grants;
import io.hatoba.server.account.Role;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Dialect;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The audit log over HTTP: what it says of operations, and how it is read. */
abstract class AuditApiContract {
  @Inject Accounts accounts;
  @Inject AccessKeys keys;
  @Inject Grants grants;
  @Inject Database database;

  private final String registry = "r" + UUID.randomUUID().toString().substring(0, 8);

  @Test
  void aChangeIsInTheLogWhenItsAnswerArrives() {
    create(registry).header("X-Request-Id", "my-id").post("/registries").then().statusCode(201);

    admin()
        .queryParam("registry", registry)
        .get("/audit")
        .then()
        .statusCode(200)
        .body("items", hasSize(1))
        .body("items[0].actor", equalTo("account:admin"))
        .body("items[0].via", equalTo(ADMIN_KEY))
        .body("items[0].address", equalTo("127.0.0.1"))
        .body("items[0].action", equalTo("registry:create"))
        .body("items[0].registry", equalTo(registry))
        .body("items[0].target", equalTo("registry:" + registry))
        .body("items[0].result", equalTo("success"))
        .body("items[0].requestId", equalTo("my-id"))
        .body("items[0].detail", equalTo(Map.of("method", "POST", "status", "201")))
        .body("items[0].id", notNullValue())
        .body("items[0].at", notNullValue())
        .body("next", nullValue());
  }

  @Test
  void aChangeThatFailedIsInTheLogToo() {
    create(registry).post("/registries").then().statusCode(201);
    create(registry).header("X-Request-Id", registry).post("/registries").then().statusCode(409);

    admin()
        .queryParam("action", "registry:create")
        .queryParam("result", "failed")
        .queryParam("limit", 1)
        .get("/audit")
        .then()
        .body("items.requestId", contains(registry))
        .body("items[0].detail.code", equalTo("CONFLICT"))
        .body("items[0].target", equalTo("registries"));
  }

  @Test
  void whatIsDeniedIsInTheLogWithWhoTried() {
    AccessKey.Issued viewer = viewer();
    as(viewer.key().id(), viewer.secret().reveal())
        .body(Map.of("name", registry))
        .post("/registries")
        .then()
        .statusCode(403);

    admin()
        .queryParam("actor", "account:" + registry)
        .get("/audit")
        .then()
        .body("items", hasSize(1))
        .body("items[0].result", equalTo("denied"))
        .body("items[0].via", equalTo(viewer.key().id()))
        .body("items[0].detail.code", equalTo("DENIED"));
  }

  @Test
  void readingLeavesNoRow() {
    AccessKey.Issued viewer = viewer();
    as(viewer.key().id(), viewer.secret().reveal()).get("/registries/main").then().statusCode(200);
    as(viewer.key().id(), viewer.secret().reveal()).get("/audit").then().statusCode(403);

    admin()
        .queryParam("actor", "account:" + registry)
        .get("/audit")
        .then()
        .body("items.findAll { it.action != 'session:create' }", empty());
  }

  @Test
  void whoIsNotKnownReadsNothing() {
    anonymous().get("/audit").then().statusCode(401);
    anonymous().accept("text/csv").get("/audit").then().statusCode(401);
  }

  @Test
  void pagesFollowEachOther() {
    for (int i = 0; i < 5; i++) {
      create(registry).post("/registries");
    }
    List<String> ids = new ArrayList<>();
    String next = "/audit?limit=2&action=registry:create&actor=account:admin";
    for (int pages = 0; pages < 3; pages++) {
      var page =
          admin()
              .urlEncodingEnabled(false)
              .get(next)
              .then()
              .statusCode(200)
              .body("items", hasSize(2))
              .extract();
      ids.addAll(page.path("items.id"));
      next = page.<String>path("next").replaceFirst("^/api/v1", "");
    }

    assertThat(ids).doesNotHaveDuplicates().hasSize(6);
    assertThat(ids.stream().map(Long::valueOf).toList())
        .isSortedAccordingTo((a, b) -> Long.compare(b, a));
  }

  @Test
  void timesLimitTheList() {
    create(registry).post("/registries").then().statusCode(201);
    Instant at =
        Instant.parse(admin().queryParam("registry", registry).get("/audit").path("items[0].at"));

    admin()
        .queryParam("registry", registry)
        .queryParam("from", at.toString())
        .queryParam("to", at.plusMillis(1).toString())
        .get("/audit")
        .then()
        .body("items", hasSize(1));
    admin()
        .queryParam("registry", registry)
        .queryParam("to", at.toString())
        .get("/audit")
        .then()
        .body("items", empty());
  }

  @Test
  void aPartOfTheTargetFindsIt() {
    create(registry).post("/registries").then().statusCode(201);

    admin()
        .queryParam("q", registry.substring(1).toUpperCase(java.util.Locale.ROOT))
        .get("/audit")
        .then()
        .body("items.target", hasItem("registry:" + registry));
    admin().queryParam("q", "100%_").get("/audit").then().body("items", empty());
  }

  @Test
  void aFilterThatIsNoneIsRefused() {
    for (Map.Entry<String, String> wrong :
        Map.of(
                "result",
                "maybe",
                "from",
                "yesterday",
                "to",
                "2026-13-01T00:00:00Z",
                "actor",
                "x".repeat(257))
            .entrySet()) {
      admin()
          .queryParam(wrong.getKey(), wrong.getValue())
          .get("/audit")
          .then()
          .statusCode(400)
          .body("code", equalTo("REQUEST_INVALID"))
          .body("detail", startsWith(wrong.getKey()));
    }
    admin().queryParam("from", "+1000000000-01-01T00:00:00Z").get("/audit").then().statusCode(400);
    admin().queryParam("limit", 1001).get("/audit").then().statusCode(400);
    admin().queryParam("cursor", "x").get("/audit").then().statusCode(400);
  }

  @Test
  void theLogIsExportedAsCsv() {
    create(registry).header("X-Request-Id", "csv-1").post("/registries").then().statusCode(201);

    String csv =
        admin()
            .accept("text/csv")
            .queryParam("registry", registry)
            .get("/audit")
            .then()
            .statusCode(200)
            .contentType(startsWith("text/csv"))
            .header("Content-Disposition", "attachment; filename=\"audit.csv\"")
            .extract()
            .asString();

    assertThat(csv)
        .startsWith("id,at,actor,via,address,action,registry,target,result,requestId,detail\r\n")
        .endsWith("\"{\"\"method\"\":\"\"POST\"\",\"\"status\"\":\"\"201\"\"}\"\r\n")
        .contains(",account:admin," + ADMIN_KEY + ",127.0.0.1,registry:create," + registry + ",");
    assertThat(csv.lines()).hasSize(2);
  }

  @Test
  void theLogIsExportedAsJsonLines() {
    for (int i = 0; i < 3; i++) {
      create(registry).post("/registries");
    }

    String lines =
        admin()
            .accept("application/x-ndjson")
            .queryParam("action", "registry:create")
            .get("/audit")
            .then()
            .statusCode(200)
            .contentType(startsWith("application/x-ndjson"))
            .extract()
            .asString();

    assertThat(lines.lines()).hasSizeGreaterThanOrEqualTo(3);
    assertThat(lines.lines())
        .allSatisfy(line -> assertThat(line).startsWith("{\"id\":\"").endsWith("}"));
  }

  @Test
  void anExportThatBreaksOffDoesNotLookWhole() throws Exception {
    // More than the buffers of a connection hold, so that the server is still writing.
    fill(60_000);
    HttpResponse<InputStream> export =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create(
                            "http://localhost:"
                                + RestAssured.port
                                + "/api/v1/audit?actor=account:many"))
                    .header("Accept", "application/x-ndjson")
                    .header("Authorization", basic())
                    .build(),
                HttpResponse.BodyHandlers.ofInputStream());
    assertThat(export.statusCode()).isEqualTo(200);
    database.write(handle -> handle.execute("ALTER TABLE audit RENAME TO away"));
    try {
      assertThatThrownBy(() -> export.body().readAllBytes()).isInstanceOf(IOException.class);
    } finally {
      database.write(handle -> handle.execute("ALTER TABLE away RENAME TO audit"));
    }
  }

  @Test
  void anExportThatIsNotOfferedIsRefused() {
    admin().accept("application/pdf").get("/audit").then().statusCode(406);
  }

  @Test
  void withoutAWishTheLogIsJson() {
    admin()
        .accept("*/*")
        .queryParam("limit", 1)
        .get("/audit")
        .then()
        .contentType(ContentType.JSON)
        .body("items.result", everyItem(notNullValue()));
  }

  private void fill(int rows) {
    boolean sqlite = database.dialect() == Dialect.SQLITE;
    String insert =
        "INSERT INTO audit (id, at, actor, via, address, action, registry, target, result, request_id, detail)"
            + " SELECT i, i, 'account:many', '', '', 'x', '', '"
            + "x".repeat(400)
            + "', 'success', '', '{}' FROM ";
    database.write(
        handle ->
            handle.execute(
                sqlite
                    ? "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                        + rows
                        + ") "
                        + insert
                        + "n"
                    : insert + "generate_series(1, " + rows + ") AS n (i)"));
  }

  private static String basic() {
    return "Basic "
        + Base64.getEncoder()
            .encodeToString((ADMIN_KEY + ":" + ADMIN_SECRET).getBytes(StandardCharsets.UTF_8));
  }

  private io.restassured.specification.RequestSpecification create(String name) {
    return admin().body(Map.of("name", name));
  }

  /** Of an account with the name of this test's registry. */
  private AccessKey.Issued viewer() {
    Account account = accounts.create(registry, Optional.empty());
    grants.give("account:" + registry, Role.SERVICE_VIEWER, Optional.empty());
    return keys.create(account, AccessKey.Settings.PLAIN, "");
  }
}
