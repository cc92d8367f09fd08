package io.hatoba.server.scrub;

import static io.hatoba.server.rest.TestServer.ADMIN_KEY;
import static io.hatoba.server.rest.TestServer.ADMIN_SECRET;
import static io.hatoba.server.rest.TestServer.admin;
import static io.hatoba.server.rest.TestServer.anonymous;
import static io.hatoba.server.rest.TestServer.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.hatoba.oci.Digest;
import io.hatoba.oci.MediaTypes;
import io.hatoba.server.account.AccessKey;
import io.hatoba.server.account.AccessKeys;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.Accounts;
import io.hatoba.server.account.Grants;
import io.hatoba.server.account.Role;
import io.hatoba.server.database.Database;
import io.restassured.RestAssured;
import io.restassured.path.json.JsonPath;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.Test;

/** Damage over HTTP: found by a run, refused to pulls, healed by a push as clients push. */
abstract class ScrubApiContract {
  @Inject Database database;
  @Inject Accounts accounts;
  @Inject AccessKeys keys;
  @Inject Grants grants;

  private final String registry = "scrub" + UUID.randomUUID().toString().substring(0, 8);
  private final String image = registry + "/app";

  @Test
  void damageIsFoundRefusedAndHealed() throws IOException {
    admin().body(Map.of("name", registry)).post("/registries").then().statusCode(201);
    byte[] layer = bytes(100_000);
    byte[] lost = bytes(100_000);
    byte[] config = ("{\"author\":\"" + registry + "\"}").getBytes(StandardCharsets.UTF_8);
    byte[] manifest = manifest(config, layer, lost);
    push(config);
    push(layer);
    push(lost);
    put(manifest, "v1");
    pulls(layer);
    Path file = object(layer);
    byte[] flipped = Files.readAllBytes(file);
    flipped[77_777] ^= 4;
    Files.write(file, flipped);
    Files.delete(object(lost));
    flip("blob", config);
    flip("manifest", manifest);

    run();

    for (byte[] damaged : new byte[][] {layer, lost, config}) {
      refused("/v2/" + image + "/blobs/" + Digest.sha256(damaged), "BLOB_UNKNOWN");
      protocol().head("/v2/" + image + "/blobs/" + Digest.sha256(damaged)).then().statusCode(404);
    }
    refused("/v2/" + image + "/manifests/v1", "MANIFEST_UNKNOWN");
    protocol().head("/v2/" + image + "/manifests/v1").then().statusCode(404);
    protocol()
        .contentType(MediaTypes.OCI_MANIFEST)
        .body(manifest)
        .put("/v2/" + image + "/manifests/v2")
        .then()
        .statusCode(404)
        .body("errors[0].code", equalTo("MANIFEST_BLOB_UNKNOWN"));
    JsonPath found = finding(layer);
    assertThat(found.getString("state")).isEqualTo("damaged");
    assertThat(found.getString("problem")).isEqualTo("wrong-bytes");
    assertThat(found.getString("kind")).isEqualTo("blob");
    assertThat(found.getLong("sizeBytes")).isEqualTo(100_000);
    assertThat(found.getString("object")).isEqualTo(file.getFileName().toString());
    assertThat(found.getList("images")).isEqualTo(List.of(image));
    assertThat(finding(lost).getString("problem")).isEqualTo("missing");
    String id = found.getString("id");
    admin().delete("/storage/scrub/findings/" + id).then().statusCode(409);
    admin()
        .get("/storage/scrub")
        .then()
        .statusCode(200)
        .body("damaged", equalTo(4))
        .body("unreadable", equalTo(0));

    push(config);
    push(layer);
    push(lost);
    put(manifest, "v1");

    pulls(layer);
    pulls(lost);
    pulls(config);
    assertThat(
            protocol()
                .get("/v2/" + image + "/manifests/v1")
                .then()
                .statusCode(200)
                .extract()
                .asByteArray())
        .isEqualTo(manifest);
    run();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> finding(layer).getString("state"), "healed"::equals);
    assertThat(Files.readAllBytes(file)).as("is kept aside").isEqualTo(flipped);
    admin()
        .get("/storage/scrub")
        .then()
        .body("damaged", equalTo(0))
        .body("state", equalTo("waiting"))
        .body("nextAt", notNullValue())
        .body("last.trigger", equalTo("manual"));
    admin().delete("/storage/scrub/findings/" + id).then().statusCode(204);
    admin().get("/storage/scrub/findings/" + id).then().statusCode(404);
  }

  @Test
  void findingsAreListedByState() {
    admin().queryParam("state", "damaged").get("/storage/scrub/findings").then().statusCode(200);
    admin().queryParam("state", "gone").get("/storage/scrub/findings").then().statusCode(200);
    admin()
        .queryParam("state", "broken")
        .get("/storage/scrub/findings")
        .then()
        .statusCode(400)
        .body("detail", containsString("damaged, healed or gone"));
    admin().get("/storage/scrub/findings/x").then().statusCode(404);
    admin().get("/storage/scrub/unreadable").then().statusCode(200).body("items", hasSize(0));
  }

  @Test
  void runsAreListedNewestFirst() {
    String first = run();
    String second = run();

    admin()
        .queryParam("limit", 1)
        .get("/storage/scrub/runs")
        .then()
        .body("items[0].id", equalTo(second))
        .body("items[0].state", equalTo("succeeded"))
        .body("items[0].progress", equalTo(1.0f))
        .body("next", notNullValue());
    admin()
        .post("/storage/scrub/runs/" + first + "/stop")
        .then()
        .statusCode(200)
        .body("state", equalTo("succeeded"));
    admin().get("/storage/scrub/runs/0").then().statusCode(404);
    admin().post("/storage/scrub/runs/nothing/stop").then().statusCode(404);
    admin().get("/storage/scrub/runs/" + first).then().statusCode(200).body("run", nullValue());
  }

  @Test
  void itIsForAdministratorsOnly() {
    anonymous().get("/storage/scrub").then().statusCode(401);
    AccessKey.Issued viewer = viewer();
    as(viewer.key().id(), viewer.secret().reveal()).get("/storage/scrub").then().statusCode(403);
    as(viewer.key().id(), viewer.secret().reveal())
        .post("/storage/scrub/runs")
        .then()
        .statusCode(403);
  }

  /** Lets everything be read; the run. */
  private static String run() {
    String id =
        admin()
            .post("/storage/scrub/runs")
            .then()
            .statusCode(202)
            .header("Location", containsString("/api/v1/storage/scrub/runs/"))
            .extract()
            .path("id");
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                admin()
                    .get("/storage/scrub/runs/" + id)
                    .then()
                    .statusCode(200)
                    .extract()
                    .<String>path("state"),
            "succeeded"::equals);
    return id;
  }

  private JsonPath finding(byte[] bytes) {
    String id =
        database.read(
            handle ->
                handle
                    .createQuery(
                        "SELECT CAST(id AS TEXT) FROM damage WHERE digest = :digest ORDER BY id DESC LIMIT 1")
                    .bind("digest", Digest.sha256(bytes))
                    .mapTo(String.class)
                    .one());
    return admin().get("/storage/scrub/findings/" + id).then().statusCode(200).extract().jsonPath();
  }

  private void push(byte[] bytes) {
    protocol()
        .contentType(MediaTypes.OCTET_STREAM)
        .body(bytes)
        .post("/v2/" + image + "/blobs/uploads/?digest=" + Digest.sha256(bytes))
        .then()
        .statusCode(201);
  }

  private void put(byte[] manifest, String tag) {
    protocol()
        .contentType(MediaTypes.OCI_MANIFEST)
        .body(manifest)
        .put("/v2/" + image + "/manifests/" + tag)
        .then()
        .statusCode(201);
  }

  private void pulls(byte[] bytes) {
    assertThat(
            protocol()
                .get("/v2/" + image + "/blobs/" + Digest.sha256(bytes))
                .then()
                .statusCode(200)
                .extract()
                .asByteArray())
        .isEqualTo(bytes);
  }

  private static void refused(String path, String code) {
    protocol()
        .get(path)
        .then()
        .statusCode(404)
        .body("errors[0].code", equalTo(code))
        .body("errors[0].message", containsString("damaged"))
        .body("errors[0].message", containsString("pushing it again heals it"));
  }

  private Path object(byte[] bytes) {
    String key =
        database.read(
            handle ->
                handle
                    .createQuery("SELECT object_key FROM blob WHERE digest = :digest")
                    .bind("digest", Digest.sha256(bytes))
                    .mapTo(String.class)
                    .one());
    String data = ConfigProvider.getConfig().getValue("hatoba.data", String.class);
    return Path.of(data, "objects", key.substring(0, 2), key.substring(2, 4), key);
  }

  private void flip(String table, byte[] bytes) {
    byte[] flipped = bytes.clone();
    flipped[3] ^= 1;
    assertThat(
            database.<Integer>write(
                handle ->
                    handle.execute(
                        "UPDATE " + table + " SET bytes = ? WHERE digest = ?",
                        flipped,
                        Digest.sha256(bytes).toString())))
        .isEqualTo(1);
  }

  private static byte[] manifest(byte[] config, byte[]... layers) {
    StringBuilder descriptors = new StringBuilder();
    for (byte[] layer : layers) {
      descriptors
          .append(descriptors.isEmpty() ? "" : ",")
          .append(descriptor(MediaTypes.OCI_LAYER, layer));
    }
    return "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":%s,\"layers\":[%s]}"
        .formatted(MediaTypes.OCI_MANIFEST, descriptor(MediaTypes.OCI_CONFIG, config), descriptors)
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String descriptor(String type, byte[] bytes) {
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}"
        .formatted(type, Digest.sha256(bytes), bytes.length);
  }

  private static byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    new Random().nextBytes(bytes);
    return bytes;
  }

  private static RequestSpecification protocol() {
    return RestAssured.given().auth().preemptive().basic(ADMIN_KEY, ADMIN_SECRET);
  }

  private AccessKey.Issued viewer() {
    Account account = accounts.create(registry, Optional.empty());
    grants.give(account.principal(), Role.SERVICE_VIEWER, Optional.empty());
    return keys.create(account, AccessKey.Settings.PLAIN, "account:admin");
  }
}
