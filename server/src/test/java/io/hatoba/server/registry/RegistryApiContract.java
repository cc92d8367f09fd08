package io.hatoba.server.registry;

import static io.hatoba.server.rest.TestServer.admin;
import static io.hatoba.server.rest.TestServer.anonymous;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import io.hatoba.oci.Digest;
import io.hatoba.oci.MediaTypes;
import io.hatoba.server.account.Grants;
import io.hatoba.server.account.Role;
import io.hatoba.server.content.Repositories;
import io.hatoba.server.database.Database;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** {@code /api/v1/registries} (FEATURES C1). */
abstract class RegistryApiContract {
  private static final byte[] CONFIG = "{}".getBytes(StandardCharsets.UTF_8);

  @Inject Database database;
  @Inject RegistryDeletion deletion;
  @Inject Repositories repositories;
  @Inject Grants grants;

  @Test
  void aRegistryIsMadeAndShown() {
    Response made =
        admin()
            .body(
                Map.of(
                    "name", "made",
                    "purpose", "normal",
                    "scanOnPush", true,
                    "anonymousPull", true,
                    "description", "for tests"))
            .post("/registries");

    made.then()
        .statusCode(201)
        .header("Location", "/api/v1/registries/made")
        .header("ETag", matchesPattern("\"[0-9a-f]{24}\""))
        .body("name", equalTo("made"))
        .body("purpose", equalTo("normal"))
        .body("publicUri", equalTo(true))
        .body("scanOnPush", equalTo(true))
        .body("anonymousPull", equalTo(true))
        .body("description", equalTo("for tests"))
        .body("address", matchesPattern("localhost:\\d+/made"))
        .body("privateAddress", nullValue())
        .body("imageCount", equalTo(0))
        .body("artifactCount", equalTo(0))
        .body("logicalBytes", equalTo(0))
        .body("physicalBytes", equalTo(0))
        .body("quotaBytes", nullValue());
    Response shown = admin().get("/registries/made");
    assertThat(shown.statusCode()).isEqualTo(200);
    assertThat(shown.asString()).isEqualTo(made.asString());
    assertThat(shown.header("ETag")).isEqualTo(made.header("ETag"));
  }

  @Test
  void whatIsLeftOutHasItsDefault() {
    make("defaults");
    admin()
        .get("/registries/defaults")
        .then()
        .body("purpose", equalTo("normal"))
        .body("publicUri", equalTo(true))
        .body("scanOnPush", equalTo(false))
        .body("anonymousPull", equalTo(false))
        .body("description", equalTo(""));
  }

  @Test
  void everyWrongFieldIsNamed() {
    admin()
        .body(
            Map.of(
                "name",
                "v2",
                "purpose",
                "backup",
                "publicUri",
                false,
                "quotaBytes",
                0,
                "description",
                "x".repeat(1001)))
        .post("/registries")
        .then()
        .statusCode(422)
        .body(
            "errors.field",
            contains("/name", "/purpose", "/description", "/quotaBytes", "/publicUri"));
    admin().body(Map.of("name", "x", "nmae", "y")).post("/registries").then().statusCode(400);
    admin().body("[]").post("/registries").then().statusCode(400);
    admin().body("{\"name\":7}").post("/registries").then().statusCode(400);
    admin().post("/registries").then().statusCode(422).body("errors.field", contains("/name"));
  }

  @Test
  void imageCachesComeLater() {
    admin()
        .body(Map.of("name", "cache", "purpose", "image-cache"))
        .post("/registries")
        .then()
        .statusCode(422)
        .body("errors.field", contains("/purpose"))
        .body("errors.message", hasItem(containsString("later version")));
    admin().get("/registries/cache").then().statusCode(404);
  }

  @Test
  void theSameNameTwiceIsAConflictAlsoAtOnce() throws Exception {
    AtomicInteger made = new AtomicInteger();
    AtomicInteger refused = new AtomicInteger();
    atOnce(
        8,
        () -> {
          int status = admin().body(Map.of("name", "twice")).post("/registries").statusCode();
          (status == 201 ? made : status == 409 ? refused : new AtomicInteger()).incrementAndGet();
        });
    assertThat(made).hasValue(1);
    assertThat(refused).hasValue(7);
  }

  @Test
  void settingsChangeOnlyForWhoHasSeenThem() {
    String first = make("changing").header("ETag");

    admin().body("{\"scanOnPush\":true}").patch("/registries/changing").then().statusCode(428);
    Response changed = patch("changing", first, "{\"scanOnPush\":true,\"description\":\"new\"}");
    changed
        .then()
        .statusCode(200)
        .body("scanOnPush", equalTo(true))
        .body("description", equalTo("new"))
        .body("anonymousPull", equalTo(false))
        .header("ETag", not(equalTo(first)));
    patch("changing", first, "{\"scanOnPush\":false}")
        .then()
        .statusCode(412)
        .body("code", equalTo("PRECONDITION_FAILED"));
    patch("changing", changed.header("ETag"), "{\"description\":null}")
        .then()
        .statusCode(200)
        .body("description", equalTo(""))
        .body("scanOnPush", equalTo(true));
  }

  @Test
  void whatCannotBeChangedIsSaidSo() {
    String etag = make("fixed").header("ETag");

    patch("fixed", etag, "{\"name\":\"other\",\"purpose\":\"image-cache\"}")
        .then()
        .statusCode(422)
        .body("errors.field", contains("/name", "/purpose"))
        .body("errors.message", hasItem(containsString("cannot be changed")));
    patch("fixed", etag, "{\"createdAt\":\"2026-01-01T00:00:00Z\"}").then().statusCode(400);
    patch("fixed", etag, "{\"scanOnPush\":\"maybe\"}").then().statusCode(400);
    patch("fixed", etag, "[1]").then().statusCode(400);
    patch("fixed", etag, "").then().statusCode(400);
    patch("fixed", etag, "{\"description\":\"%s\"}".formatted("x".repeat(1001)))
        .then()
        .statusCode(422);
    patch("nowhere", "*", "{\"scanOnPush\":true}").then().statusCode(404);
    admin().get("/registries/fixed").then().header("ETag", etag);
  }

  @Test
  void withoutAPrivateAddressThePublicOneCannotBeSwitchedOff() {
    String etag = make("reachable").header("ETag");

    patch("reachable", etag, "{\"publicUri\":false}")
        .then()
        .statusCode(422)
        .body("errors.field", contains("/publicUri"))
        .body("errors.message", hasItem(containsString("private-networks")));
  }

  @Test
  void theListComesInPages() {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < 7; i++) {
      names.add("listed-" + i);
      make("listed-" + i);
    }
    List<String> found = new ArrayList<>();
    String next = "/api/v1/registries?q=LISTED&limit=3&sort=-createdAt";
    while (next != null) {
      Response page = admin().basePath("").urlEncodingEnabled(false).get(next);
      assertThat(page.statusCode()).isEqualTo(200);
      found.addAll(page.jsonPath().getList("items.name", String.class));
      next = page.jsonPath().getString("next");
    }
    assertThat(found).hasSize(7).containsExactlyInAnyOrderElementsOf(names);
    assertThat(found.getFirst()).isEqualTo("listed-6");

    admin().queryParam("sort", "size").get("/registries").then().statusCode(400);
    admin().queryParam("publicUri", "yes").get("/registries").then().statusCode(400);
    admin().queryParam("purpose", "x").get("/registries").then().statusCode(400);
    admin().queryParam("cursor", "x").get("/registries").then().statusCode(400);
    admin().queryParam("q", "x".repeat(256)).get("/registries").then().statusCode(400);
    admin()
        .queryParam("purpose", "image-cache")
        .get("/registries")
        .then()
        .statusCode(200)
        .body("items", equalTo(List.of()));
    anonymous().get("/registries").then().statusCode(401);
  }

  @Test
  void aRegistryShowsWhatItHoldsAndKeepsItsQuota() {
    String etag =
        admin()
            .body(Map.of("name", "counted", "quotaBytes", 1_000_000))
            .post("/registries")
            .then()
            .statusCode(201)
            .body("quotaBytes", equalTo(1_000_000))
            .extract()
            .header("ETag");
    push("counted/app", "v1", "content");
    push("counted/copy", "v1", "content");

    Response shown = admin().get("/registries/counted");
    shown
        .then()
        .header("ETag", etag)
        .body("imageCount", equalTo(2))
        .body("artifactCount", equalTo(2));
    int physical = shown.jsonPath().getInt("physicalBytes");
    assertThat(physical).isPositive();
    assertThat(shown.jsonPath().getInt("logicalBytes")).isEqualTo(2 * physical);
    admin()
        .queryParam("q", "counted")
        .queryParam("sort", "-physicalBytes")
        .get("/registries")
        .then()
        .body("items.physicalBytes", contains(physical));
    admin()
        .get("/registries/counted/usage")
        .then()
        .statusCode(200)
        .body("items.physicalBytes", contains(physical))
        .body("items.logicalBytes", contains(2 * physical));
    for (String query : List.of("from=x", "from=2026-01-02&to=2026-01-01", "from=1999-01-01")) {
      admin().get("/registries/counted/usage?" + query).then().statusCode(400);
    }

    patch("counted", etag, "{\"quotaBytes\":%d}".formatted(physical))
        .then()
        .statusCode(200)
        .body("quotaBytes", equalTo(physical));
    assertThat(pushBlob("counted/app", "more".getBytes(StandardCharsets.UTF_8)).statusCode())
        .isEqualTo(403);
    patch("counted", "*", "{\"quotaBytes\":null}")
        .then()
        .statusCode(200)
        .body("quotaBytes", nullValue());
    assertThat(pushBlob("counted/app", "more".getBytes(StandardCharsets.UTF_8)).statusCode())
        .isEqualTo(201);
  }

  @Test
  void anEmptyRegistryIsDeleted() {
    make("empty");

    admin().delete("/registries/empty").then().statusCode(204);

    admin().get("/registries/empty").then().statusCode(404);
    admin().delete("/registries/empty").then().statusCode(404);
    v2().post("/empty/app/blobs/uploads/").then().statusCode(404);
    assertThat(rows("registry WHERE deleted_at IS NOT NULL")).isZero();
    make("empty");
  }

  @Test
  void aRegistryThatIsNotEmptyIsDeletedByForceWithAllThatIsInIt() {
    make("full");
    for (String image : List.of("full/app", "full/team/tool")) {
      push(image, "v1", "one");
      push(image, "v2", "two");
    }
    String upload = v2().post("/full/app/blobs/uploads/").header("Location");
    long id = id("full");
    grants.give("account:admin", Role.IMAGE_UPLOADER, Optional.of(id));

    admin()
        .delete("/registries/full")
        .then()
        .statusCode(409)
        .body("code", equalTo("CONFLICT"))
        .body("detail", containsString("force=true"));
    admin().queryParam("force", "yes").delete("/registries/full").then().statusCode(400);
    admin().queryParam("force", "false").delete("/registries/full").then().statusCode(409);
    v2().get("/full/app/manifests/v1").then().statusCode(200);

    admin().queryParam("force", "true").delete("/registries/full").then().statusCode(204);

    v2().get("/full/app/manifests/v1")
        .then()
        .statusCode(404)
        .body("errors.code", contains("NAME_UNKNOWN"));
    v2().get("/full/app/tags/list").then().statusCode(404);
    v2().basePath("").get(upload).then().statusCode(404);
    assertThat(
            v2().queryParam("n", "1000")
                .get("/_catalog")
                .jsonPath()
                .<String>getList("repositories"))
        .noneMatch(name -> name.startsWith("full/"));
    assertThat(leftOf(id)).isEmpty();
    assertThat(rows("role_grant WHERE registry_id = " + id)).isZero();
    assertThat(rows("event WHERE kind = 'registry.deleted' AND repository = 'full'")).isOne();
    make("full");
    push("full/app", "v1", "three");
    v2().get("/full/app/tags/list").then().body("tags", contains("v1"));
  }

  @Test
  void aDeletionThatBrokeOffIsFinishedLater() {
    make("broken");
    push("broken/app", "v1", "one");
    long id = id("broken");
    // As a crash between the two steps leaves it; the name is free and can be pushed to again.
    try (var _ = repositories.forget("broken")) {
      database.write(
          handle ->
              handle.execute(
                  "UPDATE registry SET name = '~' || id, deleted_at = 1 WHERE id = ?", id));
    }
    make("broken");

    deletion.runOnce();

    assertThat(leftOf(id)).isEmpty();
    push("broken/app", "v2", "two");
    v2().get("/broken/app/tags/list").then().body("tags", contains("v2"));
  }

  /** A push during a deletion is carried out, or told that there is nothing; and no row stays. */
  @Test
  void aPushDuringADeletionWinsOrLosesButLeavesNothing() throws Exception {
    Set<String> answers = new HashSet<>();
    for (int round = 0; round < 5; round++) {
      make("race");
      long id = id("race");
      AtomicBoolean stop = new AtomicBoolean();
      List<Future<Set<String>>> pushers = new ArrayList<>();
      try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
        for (int i = 0; i < 4; i++) {
          String image = "race/app" + (i % 2);
          String tag = "t" + i;
          pushers.add(threads.submit(() -> pushUntil(stop, image, tag)));
        }
        while (rows("repository WHERE registry_id = " + id) < 2) {
          Thread.onSpinWait();
        }
        admin().queryParam("force", "true").delete("/registries/race").then().statusCode(204);
        stop.set(true);
        for (Future<Set<String>> pusher : pushers) {
          answers.addAll(pusher.get());
        }
      }
      deletion.runOnce();
      assertThat(leftOf(id)).isEmpty();
      admin().get("/registries/race").then().statusCode(404);
    }
    assertThat(answers).allMatch(answer -> answer.matches("201|202|404 NAME_UNKNOWN"));
    assertThat(answers).contains("201");
  }

  private static Set<String> pushUntil(AtomicBoolean stop, String image, String tag) {
    Set<String> answers = new HashSet<>();
    for (int n = 0; !stop.get(); n++) {
      byte[] layer = (image + tag + n).getBytes(StandardCharsets.UTF_8);
      for (Response answer :
          List.of(
              v2().post("/" + image + "/blobs/uploads/"),
              pushBlob(image, CONFIG),
              pushBlob(image, layer),
              pushManifest(image, tag, layer))) {
        answers.add(
            answer.statusCode() < 300
                ? Integer.toString(answer.statusCode())
                : answer.statusCode() + " " + answer.jsonPath().getString("errors[0].code"));
      }
    }
    return answers;
  }

  private static Response make(String name) {
    Response made = admin().body(Map.of("name", name)).post("/registries");
    assertThat(made.statusCode()).as(made.asString()).isEqualTo(201);
    return made;
  }

  private static Response patch(String name, String etag, String body) {
    return admin().header("If-Match", etag).body(body).patch("/registries/" + name);
  }

  private static RequestSpecification v2() {
    return admin().basePath("/v2").contentType("application/octet-stream");
  }

  private static void push(String image, String tag, String content) {
    byte[] layer = content.getBytes(StandardCharsets.UTF_8);
    assertThat(pushBlob(image, CONFIG).statusCode()).isEqualTo(201);
    assertThat(pushBlob(image, layer).statusCode()).isEqualTo(201);
    assertThat(pushManifest(image, tag, layer).statusCode()).isEqualTo(201);
  }

  private static Response pushBlob(String image, byte[] content) {
    return v2().queryParam("digest", Digest.sha256(content).toString())
        .body(content)
        .post("/" + image + "/blobs/uploads/");
  }

  private static Response pushManifest(String image, String tag, byte[] layer) {
    String manifest =
        """
        {"schemaVersion":2,"mediaType":"%s",
         "config":{"mediaType":"%s","digest":"%s","size":2},
         "layers":[{"mediaType":"%s","digest":"%s","size":%d}]}
        """
            .formatted(
                MediaTypes.OCI_MANIFEST,
                MediaTypes.OCI_CONFIG,
                Digest.sha256(CONFIG),
                MediaTypes.OCI_LAYER,
                Digest.sha256(layer),
                layer.length);
    return v2().contentType(MediaTypes.OCI_MANIFEST)
        .body(manifest.getBytes(StandardCharsets.UTF_8))
        .put("/" + image + "/manifests/" + tag);
  }

  private long id(String name) {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT id FROM registry WHERE name = :name")
                .bind("name", name)
                .mapTo(Long.class)
                .one());
  }

  private long rows(String what) {
    return database.read(
        handle -> handle.createQuery("SELECT count(*) FROM " + what).mapTo(Long.class).one());
  }

  /** The tables that have rows of a registry or of a repository that is not there. */
  private List<String> leftOf(long id) {
    List<String> left = new ArrayList<>();
    for (String table :
        List.of(
            "repository_blob",
            "repository_manifest",
            "manifest_edge",
            "tag",
            "tag_history",
            "upload",
            "repository_usage")) {
      if (rows(table + " WHERE repository_id NOT IN (SELECT id FROM repository)") > 0) {
        left.add(table);
      }
    }
    if (rows("registry WHERE id = " + id) > 0) {
      left.add("registry");
    }
    for (String table :
        List.of(
            "repository",
            "repository_usage",
            "registry_usage",
            "registry_content",
            "usage_delta",
            "usage_day")) {
      if (rows(table + " WHERE registry_id = " + id) > 0) {
        left.add(table);
      }
    }
    return left;
  }

  private static void atOnce(int threads, Runnable work) throws Exception {
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        running.add(pool.submit(work));
      }
      for (Future<?> future : running) {
        future.get();
      }
    }
  }
}
