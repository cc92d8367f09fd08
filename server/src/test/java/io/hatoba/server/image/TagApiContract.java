package io.hatoba.server.image;

import static io.hatoba.server.rest.TestServer.admin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.nullValue;

import io.restassured.path.json.JsonPath;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tags over the management API. */
abstract class TagApiContract {
  @Test
  void tagsAreListedByNameByMoveAndByArtifact() {
    Pushed pushed = new Pushed();
    String first = pushed.image("app", "1", "amd64", "B", "a", "c");
    String second = pushed.image("app", "2", "amd64", "d");
    pushed.image("app", "2", "amd64", "a");
    String path = pushed.path("app") + "/tags";
    assertThat(Pushed.all(path, Map.of(), "name", 2)).containsExactly("B", "a", "c", "d");
    assertThat(Pushed.all(path, Map.of("sort", "-movedAt"), "name", 1))
        .startsWith("a")
        .containsExactlyInAnyOrder("a", "d", "c", "B");
    assertThat(Pushed.all(path, Map.of("digest", first), "name", 1)).containsExactly("B", "c");
    assertThat(Pushed.all(path, Map.of("digest", second), "name", 1)).containsExactly("a", "d");
    assertThat(Pushed.all(path, Map.of("q", "b"), "name", 1)).containsExactly("B");
    admin().queryParams("sort", "-movedAt", "digest", first).get(path).then().statusCode(400);
  }

  @Test
  void aTagIsMadeOnceAndMovedByPut() {
    Pushed pushed = new Pushed();
    String first = pushed.image("app", "1", "amd64");
    String second = pushed.image("app", "2", "amd64");
    String path = pushed.path("app") + "/tags";
    admin()
        .body(Map.of("name", "v1", "digest", first))
        .post(path)
        .then()
        .statusCode(201)
        .header("Location", endsWith(path + "/v1"))
        .header("ETag", '"' + first + '"')
        .body("name", equalTo("v1"))
        .body("digest", equalTo(first))
        .body("movedBy", equalTo("account:admin"))
        .body("protected", equalTo(false))
        .body("pulledAt", nullValue());
    admin().body(Map.of("name", "v1", "digest", first)).post(path).then().statusCode(200);
    admin()
        .body(Map.of("name", "v1", "digest", second))
        .post(path)
        .then()
        .statusCode(409)
        .body("detail", containsString(first));
    admin()
        .header("If-Match", '"' + second + '"')
        .body(Map.of("digest", second))
        .put(path + "/v1")
        .then()
        .statusCode(412);
    admin()
        .header("If-Match", '"' + first + '"')
        .body(Map.of("digest", second))
        .put(path + "/v1")
        .then()
        .statusCode(200)
        .body("digest", equalTo(second));
    admin().body(Map.of("digest", first)).put(path + "/new").then().statusCode(201);
    admin()
        .header("If-Match", "*")
        .body(Map.of("digest", first))
        .put(path + "/newer")
        .then()
        .statusCode(412);
    assertThat(pushed.tags("app")).containsExactly("new", "v1");
    admin().get(pushed.path("app")).then().body("tagCount", equalTo(2));
  }

  @Test
  void whatIsWrongWithATagIsSaid() {
    Pushed pushed = new Pushed();
    String digest = pushed.image("app", "1", "amd64");
    String path = pushed.path("app") + "/tags";
    admin()
        .body(Map.of("name", "-v1", "digest", "sha256:0"))
        .post(path)
        .then()
        .statusCode(422)
        .body("errors.field", hasItem("/name"))
        .body("errors.field", hasItem("/digest"));
    admin()
        .body(Map.of("name", "v1", "digest", digest.replaceAll(".$", "0").replaceAll("..$", "ff")))
        .post(path)
        .then()
        .statusCode(404)
        .body("code", equalTo("MANIFEST_UNKNOWN"));
    admin().body(Map.of("name", "v1")).post(path).then().statusCode(422);
    admin().body(Map.of()).put(path + "/v1").then().statusCode(422);
    admin().get(path + "/v1").then().statusCode(404);
    admin().delete(path + "/v1").then().statusCode(404);
  }

  @Test
  void aDeletedTagLeavesTheArtifactAndIsRestored() {
    Pushed pushed = new Pushed();
    String first = pushed.image("app", "1", "amd64", "v1");
    String second = pushed.image("app", "2", "amd64", "v1");
    String path = pushed.path("app") + "/tags/v1";
    admin().delete(path).then().statusCode(204);
    admin().get(path).then().statusCode(404);
    admin().get(pushed.path("app") + "/artifacts/" + second).then().statusCode(200);

    JsonPath history = admin().get(path + "/history").then().statusCode(200).extract().jsonPath();
    List<Integer> ids = history.getList("items.id");
    assertThat(history.getList("items.from")).containsExactly(second, first, null);
    assertThat(history.getList("items.to")).containsExactly(null, second, first);
    assertThat(history.getList("items.restorable")).containsExactly(true, true, false);
    assertThat(Pushed.all(path + "/history", Map.of(), "by", 1)).hasSize(3);

    admin()
        .body(Map.of("historyId", ids.get(1)))
        .post(path + "/restore")
        .then()
        .statusCode(200)
        .body("digest", equalTo(first));
    admin().body(Map.of("historyId", ids.get(2))).post(path + "/restore").then().statusCode(409);
    admin().delete(pushed.path("app") + "/artifacts/" + second).then().statusCode(204);
    admin()
        .body(Map.of("historyId", ids.get(0)))
        .post(path + "/restore")
        .then()
        .statusCode(200)
        .body("digest", equalTo(second));
    admin().delete(pushed.path("app") + "/artifacts/" + second).then().statusCode(204);
    admin().delete("/registries/" + pushed.registry + "/deleted").then().statusCode(204);
    admin()
        .body(Map.of("historyId", ids.get(0)))
        .post(path + "/restore")
        .then()
        .statusCode(409)
        .body("detail", containsString("was deleted"));
    admin().body(Map.of("historyId", 1)).post(path + "/restore").then().statusCode(400);
    admin().body(Map.of()).post(path + "/restore").then().statusCode(422);
  }
}
