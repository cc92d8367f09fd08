package io.hatoba.server.undo;

import static io.hatoba.server.rest.TestServer.ADMIN_KEY;
import static io.hatoba.server.rest.TestServer.ADMIN_SECRET;
import static io.hatoba.server.rest.TestServer.admin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.hatoba.server.account.AccessKey;
import io.hatoba.server.account.AccessKeys;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.Accounts;
import io.hatoba.server.account.Grants;
import io.hatoba.server.account.Role;
import io.hatoba.server.account.Roles;
import io.hatoba.server.image.Pushed;
import io.hatoba.server.registry.Registries;
import io.hatoba.server.registry.RegistryName;
import io.hatoba.server.rest.TestServer;
import io.restassured.RestAssured;
import io.restassured.path.json.JsonPath;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What was deleted, over the management API, with the registry protocol as the witness. */
abstract class DeletedApiContract {
  private static final AtomicInteger COUNT = new AtomicInteger();

  @Inject Accounts accounts;
  @Inject Grants grants;
  @Inject Roles roles;
  @Inject AccessKeys keys;
  @Inject Registries registries;

  @Test
  void aDeletedArtifactIsListedAndComesBackWithItsTagsAndSignatures() {
    Pushed pushed = new Pushed();
    String digest = pushed.image("team/app", "1", "amd64", "v1", "latest");
    String signature = pushed.referrer("team/app", digest, "application/vnd.example.sig");
    String path = pushed.path("team/app") + "/artifacts/" + digest;
    String id = deleted(path);
    pull(pushed, "team/app", "v1").statusCode(404);
    pull(pushed, "team/app", signature).statusCode(404);

    JsonPath shown =
        admin()
            .get(list(pushed))
            .then()
            .statusCode(200)
            .body("items", hasSize(1))
            .body("items[0].id", equalTo(id))
            .body("items[0].image", equalTo("team/app"))
            .body("items[0].kind", equalTo("artifact"))
            .body("items[0].digest", equalTo(digest))
            .body("items[0].tag", nullValue())
            .body("items[0].artifactCount", equalTo(2))
            .body("items[0].deletedBy", equalTo("account:admin"))
            .extract()
            .jsonPath();
    Instant deletedAt = Instant.parse(shown.getString("items[0].deletedAt"));
    assertThat(Instant.parse(shown.getString("items[0].restorableUntil")))
        .isEqualTo(deletedAt.plus(Duration.ofDays(14)));
    admin().get(list(pushed) + "/" + id).then().statusCode(200).body("image", equalTo("team/app"));
    long held =
        admin()
            .get("/registries/" + pushed.registry)
            .then()
            .body("deletedBytes", greaterThan(0))
            .extract()
            .jsonPath()
            .getLong("physicalBytes");

    admin()
        .post(list(pushed) + "/" + id + "/restore")
        .then()
        .statusCode(200)
        .body("image", equalTo("team/app"))
        .body("kind", equalTo("artifact"))
        .body("artifacts", equalTo(2))
        .body("tags", equalTo(2))
        .body("tagsElsewhere", equalTo(0));

    pull(pushed, "team/app", "v1").statusCode(200).header("Docker-Content-Digest", digest);
    pull(pushed, "team/app", signature).statusCode(200);
    List<String> layers =
        pull(pushed, "team/app", "latest").statusCode(200).extract().path("layers.digest");
    protocol()
        .get("/v2/{name}/blobs/{digest}", pushed.registry + "/team/app", layers.getFirst())
        .then()
        .statusCode(200);
    admin().get(list(pushed)).then().body("items", empty());
    admin()
        .get("/registries/" + pushed.registry)
        .then()
        .body("deletedBytes", equalTo(0))
        .body("physicalBytes", equalTo((int) held));
    admin().get(list(pushed) + "/" + id).then().statusCode(404);
    admin().post(list(pushed) + "/" + id + "/restore").then().statusCode(404);
    admin()
        .queryParams(Map.of("registry", pushed.registry, "action", "deleted:restore"))
        .get("/audit")
        .then()
        .statusCode(200)
        .body("items.result", contains("failed", "success"));
  }

  @Test
  void anImageComesBackAlsoWhenItIsGone() {
    Pushed pushed = new Pushed();
    String digest = pushed.image("app", "1", "amd64", "v1");
    pushed.image("app", "2", "amd64", "v2");
    String id = deleted(pushed.path("app"));
    admin().get(pushed.path("app")).then().statusCode(404);
    pushed.image("app", "3", "amd64", "v2");
    admin()
        .post(list(pushed) + "/" + id + "/restore")
        .then()
        .statusCode(200)
        .body("kind", equalTo("image"))
        .body("artifacts", equalTo(2))
        .body("tags", equalTo(1))
        .body("tagsElsewhere", equalTo(1));
    pull(pushed, "app", "v1").statusCode(200).header("Docker-Content-Digest", digest);
  }

  @Test
  void aDeletedTagIsNotPutOverOneThatWasMadeAgain() {
    Pushed pushed = new Pushed();
    String first = pushed.image("app", "1", "amd64", "v1");
    String id = deleted(pushed.path("app") + "/tags/v1");
    pushed.image("app", "2", "amd64", "v1");
    admin()
        .post(list(pushed) + "/" + id + "/restore")
        .then()
        .statusCode(409)
        .body("code", equalTo("CONFLICT"))
        .body("detail", containsString("v1"));
    admin()
        .get(list(pushed) + "/" + id)
        .then()
        .statusCode(200)
        .body("kind", equalTo("tag"))
        .body("tag", equalTo("v1"))
        .body("digest", equalTo(first));
    admin().delete(pushed.path("app") + "/tags/v1").then().statusCode(204);
    admin()
        .post(list(pushed) + "/" + id + "/restore")
        .then()
        .statusCode(200)
        .body("tags", equalTo(1));
    pull(pushed, "app", "v1").statusCode(200).header("Docker-Content-Digest", first);
  }

  @Test
  void theListIsPagedAndNarrowedToAnImage() {
    Pushed pushed = new Pushed();
    for (String name : List.of("1", "2", "3")) {
      pushed.image("app", name, "amd64", name);
      pushed.image("team/other", name, "amd64", name);
    }
    for (String name : List.of("1", "2", "3")) {
      deleted(pushed.path("app") + "/tags/" + name);
      deleted(pushed.path("team/other") + "/tags/" + name);
    }
    assertThat(Pushed.all(list(pushed), Map.of(), "tag", 4))
        .containsExactly("3", "3", "2", "2", "1", "1");
    assertThat(Pushed.all(list(pushed), Map.of("image", "team/other"), "tag", 2))
        .containsExactly("3", "2", "1");
    admin()
        .queryParam("image", "team/other")
        .get(list(pushed))
        .then()
        .body("items.image", everyItem(equalTo("team/other")));
    admin().queryParam("image", "none").get(list(pushed)).then().body("items", empty());
    admin().queryParam("image", "Not A Name").get(list(pushed)).then().statusCode(400);
    admin().queryParam("cursor", "x").get(list(pushed)).then().statusCode(400);
    admin().get(list(pushed) + "/0").then().statusCode(404);
    admin().get(list(pushed) + "/x").then().statusCode(404);
    admin().get("/registries/no-such-registry/deleted").then().statusCode(404);
  }

  @Test
  void emptiedItIsGoneAndItsSpaceComesBack() {
    Pushed pushed = new Pushed();
    pushed.image("app", "1", "amd64", "v1");
    String digest = pushed.image("app", "2", "amd64", "v2");
    long both = physicalBytes(pushed);
    String id = deleted(pushed.path("app") + "/artifacts/" + digest);
    admin().delete(list(pushed)).then().statusCode(204);
    admin().get(list(pushed)).then().body("items", empty());
    admin().post(list(pushed) + "/" + id + "/restore").then().statusCode(404);
    admin()
        .get("/registries/" + pushed.registry)
        .then()
        .body("deletedBytes", equalTo(0))
        .body("physicalBytes", lessThan((int) both));
    pull(pushed, "app", "v1").statusCode(200);
    admin().delete(list(pushed)).then().statusCode(204);
    admin()
        .queryParams(Map.of("registry", pushed.registry, "action", "deleted:purge"))
        .get("/audit")
        .then()
        .body("items.result", contains("success", "success"));
  }

  @Test
  void aRegistrySaysHowLongItKeeps() {
    Pushed pushed = new Pushed();
    String path = "/registries/" + pushed.registry;
    admin()
        .get(path)
        .then()
        .body("undoWindowSeconds", nullValue())
        .body("effectiveUndoWindowSeconds", equalTo(14 * 86_400));
    patch(path, "0")
        .statusCode(200)
        .body("undoWindowSeconds", equalTo(0))
        .body("effectiveUndoWindowSeconds", equalTo(0))
        .body("deletedBytes", equalTo(0));
    pushed.image("app", "1", "amd64", "v1", "v2");
    admin()
        .delete(pushed.path("app") + "/tags/v2")
        .then()
        .statusCode(204)
        .header("Hatoba-Deletion-Id", nullValue())
        .header("Hatoba-Restorable-Until", nullValue());
    admin().get(list(pushed)).then().body("items", empty());

    patch(path, "3600").statusCode(200).body("effectiveUndoWindowSeconds", equalTo(3600));
    Instant until =
        Instant.parse(
            admin()
                .delete(pushed.path("app") + "/tags/v1")
                .then()
                .statusCode(204)
                .extract()
                .header("Hatoba-Restorable-Until"));
    assertThat(until).isBefore(Instant.now().plus(Duration.ofMinutes(61)));
    patch(path, "null").statusCode(200).body("undoWindowSeconds", nullValue());
    patch(path, "-1").statusCode(422).body("errors.field", contains("/undoWindowSeconds"));
    patch(path, "315360001").statusCode(422);
    patch(path, "315360000").statusCode(200);
    admin()
        .body(Map.of("name", pushed.registry + "-b", "undoWindowSeconds", 60))
        .post("/registries")
        .then()
        .statusCode(201)
        .body("undoWindowSeconds", equalTo(60));
    admin()
        .queryParam("q", pushed.registry + "-b")
        .get("/registries")
        .then()
        .body("items[0].effectiveUndoWindowSeconds", equalTo(60))
        .body("items[0].deletedBytes", nullValue());
  }

  @Test
  void theHistoryOfATagSaysUntilWhenWhatWasDeletedComesBack() {
    Pushed pushed = new Pushed();
    String first = pushed.image("app", "1", "amd64", "v1");
    pushed.image("app", "2", "amd64", "v1");
    String history = pushed.path("app") + "/tags/v1/history";
    admin()
        .get(history)
        .then()
        .body("items.restorable", contains(true, false))
        .body("items[0].restorableUntil", nullValue());
    deleted(pushed.path("app") + "/artifacts/" + first);
    admin()
        .get(history)
        .then()
        .body("items.restorable", contains(true, false))
        .body("items[0].restorableUntil", notNullValue());
    admin().delete(list(pushed)).then().statusCode(204);
    admin()
        .get(history)
        .then()
        .body("items.restorable", contains(false, false))
        .body("items[0].restorableUntil", nullValue());
  }

  @Test
  void whoMayNotDeleteSeesAndRestoresNothing() {
    Pushed pushed = new Pushed();
    pushed.image("app", "1", "amd64", "v1");
    String id = deleted(pushed.path("app") + "/tags/v1");
    for (Role role : List.of(Role.SERVICE_VIEWER, Role.IMAGE_UPLOADER)) {
      String key = key(pushed, role);
      as(key)
          .get(list(pushed))
          .then()
          .statusCode(403)
          .body("detail", containsString("deleted:read"));
      as(key).get(list(pushed) + "/" + id).then().statusCode(403);
      as(key).post(list(pushed) + "/" + id + "/restore").then().statusCode(403);
      as(key).delete(list(pushed)).then().statusCode(403);
    }
    String stranger = key(new Pushed(), Role.PROJECT_ADMIN);
    as(stranger).get(list(pushed)).then().statusCode(404);
    as(stranger).post(list(pushed) + "/" + id + "/restore").then().statusCode(404);
    as(stranger).delete(list(pushed)).then().statusCode(404);
    TestServer.anonymous().get(list(pushed)).then().statusCode(401);
    // Of another registry the same number is nothing.
    Pushed other = new Pushed();
    admin().post(list(other) + "/" + id + "/restore").then().statusCode(404);
    as(key(pushed, Role.PROJECT_ADMIN))
        .post(list(pushed) + "/" + id + "/restore")
        .then()
        .statusCode(200);
  }

  @Test
  void whoHasSomeImagesSeesAndRestoresTheirs() {
    Pushed pushed = new Pushed();
    pushed.image("team/a", "1", "amd64", "v1");
    pushed.image("secret", "1", "amd64", "v1");
    String mine = deleted(pushed.path("team/a") + "/tags/v1");
    String hidden = deleted(pushed.path("secret") + "/tags/v1");
    String name = "undo-team-" + COUNT.incrementAndGet();
    admin()
        .body(
            Map.of(
                "name",
                name,
                "permissions",
                List.of("registry:read", "deleted:read", "deleted:restore"),
                "images",
                List.of("team/*")))
        .post("/roles")
        .then()
        .statusCode(201);
    String key = key(pushed, roles.find(name).orElseThrow());
    as(key).get(list(pushed)).then().statusCode(200).body("items.image", contains("team/a"));
    as(key).get(list(pushed) + "/" + hidden).then().statusCode(404);
    as(key).post(list(pushed) + "/" + hidden + "/restore").then().statusCode(404);
    as(key).delete(list(pushed)).then().statusCode(403);
    as(key).post(list(pushed) + "/" + mine + "/restore").then().statusCode(200);
    pull(pushed, "team/a", "v1").statusCode(200);
    pull(pushed, "secret", "v1").statusCode(404);
  }

  private static ValidatableResponse patch(String registry, String seconds) {
    return admin()
        .header("If-Match", "*")
        .body("{\"undoWindowSeconds\":%s}".formatted(seconds))
        .patch(registry)
        .then();
  }

  private static long physicalBytes(Pushed pushed) {
    return admin()
        .get("/registries/" + pushed.registry)
        .then()
        .statusCode(200)
        .extract()
        .jsonPath()
        .getLong("physicalBytes");
  }

  private static String list(Pushed pushed) {
    return "/registries/" + pushed.registry + "/deleted";
  }

  /** Deletes something and returns by which number it can be brought back. */
  private static String deleted(String path) {
    return admin().delete(path).then().statusCode(204).extract().header("Hatoba-Deletion-Id");
  }

  private static ValidatableResponse pull(Pushed pushed, String image, String reference) {
    return protocol()
        .get("/v2/{name}/manifests/{reference}", pushed.registry + "/" + image, reference)
        .then();
  }

  private static RequestSpecification protocol() {
    return RestAssured.given()
        .basePath("")
        .urlEncodingEnabled(false)
        .auth()
        .preemptive()
        .basic(ADMIN_KEY, ADMIN_SECRET);
  }

  /** The id and secret of a key of a new account with this role in the registry. */
  private String key(Pushed pushed, Role role) {
    Account account = accounts.create("undoer" + COUNT.incrementAndGet(), Optional.empty());
    long registry = registries.find(RegistryName.parse(pushed.registry)).orElseThrow().id();
    grants.give(account.principal(), role, Optional.of(registry));
    AccessKey.Issued issued = keys.create(account, AccessKey.Settings.PLAIN, "");
    return issued.key().id() + ":" + issued.secret().reveal();
  }

  private static RequestSpecification as(String key) {
    int colon = key.indexOf(':');
    return TestServer.as(key.substring(0, colon), key.substring(colon + 1));
  }
}
