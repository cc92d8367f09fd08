package io.hatoba.server.image;

import static io.hatoba.server.rest.TestServer.admin;
import static io.hatoba.server.rest.TestServer.anonymous;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.restassured.http.ContentType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Images and their artifacts over the management API. */
abstract class ImageApiContract {
  @Test
  void imagesAreListedInEachOrderPageByPage() {
    Pushed pushed = new Pushed();
    pushed.image("b/one", "a", "amd64", "v1");
    pushed.image("a", "a", "amd64", "v1", "v2");
    pushed.image("a", "b", "amd64");
    pushed.image("c", "x".repeat(1000), "amd64", "v1");
    String path = "/registries/" + pushed.registry + "/images";
    assertThat(Pushed.all(path, Map.of(), "name", 2)).containsExactly("a", "b/one", "c");
    assertThat(Pushed.all(path, Map.of("sort", "-name"), "name", 1))
        .containsExactly("c", "b/one", "a");
    assertThat(Pushed.all(path, Map.of("sort", "-pushedAt"), "name", 1))
        .containsExactly("c", "a", "b/one");
    assertThat(Pushed.all(path, Map.of("sort", "-artifactCount"), "name", 1))
        .startsWith("a")
        .hasSize(3);
    assertThat(Pushed.all(path, Map.of("sort", "-sizeBytes"), "name", 1)).startsWith("c");
    assertThat(Pushed.all(path, Map.of("sort", "pullCount"), "name", 2)).hasSize(3);
    assertThat(Pushed.all(path, Map.of("sort", "pulledAt"), "name", 2)).hasSize(3);
    assertThat(Pushed.all(path, Map.of("q", "ONE"), "name", 1)).containsExactly("b/one");
    assertThat(Pushed.all(path, Map.of("q", pushed.registry), "name", 1)).isEmpty();
  }

  @Test
  void anImageShowsWhatIsInIt() {
    Pushed pushed = new Pushed();
    pushed.image("team/app", "a", "amd64", "v1", "v2");
    admin()
        .get(pushed.path("team/app"))
        .then()
        .statusCode(200)
        .header("ETag", notNullValue())
        .body("name", equalTo("team/app"))
        .body("artifactCount", equalTo(1))
        .body("tagCount", equalTo(2))
        .body("sizeBytes", greaterThan(100))
        .body("pushedAt", containsString("T"))
        .body("pulledAt", nullValue());
  }

  @Test
  void descriptionAndReadmeAreChangedWithAnEtag() {
    Pushed pushed = new Pushed();
    pushed.image("app", "a", "amd64", "v1");
    String etag = admin().get(pushed.path("app")).header("ETag");
    admin()
        .header("If-Match", etag)
        .body(Map.of("description", "The app", "readme", "# App"))
        .patch(pushed.path("app"))
        .then()
        .statusCode(200)
        .body("description", equalTo("The app"))
        .body("readme", equalTo("# App"));
    admin()
        .header("If-Match", etag)
        .body(Map.of("description", "Another"))
        .patch(pushed.path("app"))
        .then()
        .statusCode(412);
    admin()
        .body(Map.of("readme", "x".repeat((64 << 10) + 1)))
        .patch(pushed.path("app"))
        .then()
        .statusCode(422)
        .body("errors.field", hasItem("/readme"));
    admin().body(Map.of("name", "x")).patch(pushed.path("app")).then().statusCode(400);
    admin()
        .get("/registries/" + pushed.registry + "/images")
        .then()
        .body("items.description", equalTo(List.of("The app")));
  }

  @Test
  void anImageIsDeletedWithAllThatIsInIt() {
    Pushed pushed = new Pushed();
    String child = pushed.image("app", "a", "amd64", "v1");
    pushed.index("app", List.of(Pushed.child(child, "amd64")), "v2");
    pushed.image("other", "a", "amd64", "v1");
    admin().delete(pushed.path("app")).then().statusCode(204);
    admin().get(pushed.path("app")).then().statusCode(404).body("code", equalTo("NAME_UNKNOWN"));
    admin().delete(pushed.path("app")).then().statusCode(404);
    assertThat(Pushed.all("/registries/" + pushed.registry + "/images", Map.of(), "name", 5))
        .containsExactly("other");
    pushed.image("app", "a", "amd64", "again");
    assertThat(pushed.tags("app")).containsExactly("again");
    admin().get(pushed.path("app")).then().statusCode(200).body("artifactCount", equalTo(1));
  }

  @Test
  void artifactsAreListedNewestFirstAndFiltered() {
    Pushed pushed = new Pushed();
    String amd = pushed.image("app", "a", "amd64", "amd");
    String arm = pushed.image("app", "a", "arm64");
    String index =
        pushed.index(
            "app", List.of(Pushed.child(amd, "amd64"), Pushed.child(arm, "arm64")), "v1", "v2");
    String signature =
        pushed.referrer("app", index, "application/vnd.dev.cosign.artifact.sig.v1+json");
    String path = pushed.path("app") + "/artifacts";
    assertThat(Pushed.all(path, Map.of(), "digest", 1))
        .containsExactlyInAnyOrder(signature, index, arm, amd);
    assertThat(Pushed.all(path, Map.of("sort", "pushedAt"), "digest", 2)).hasSize(4);
    assertThat(Pushed.all(path, Map.of("type", "signature"), "digest", 1))
        .containsExactly(signature);
    assertThat(Pushed.all(path, Map.of("type", "image"), "digest", 1))
        .containsExactlyInAnyOrder(amd, arm);
    assertThat(Pushed.all(path, Map.of("platform", "linux/arm64"), "digest", 1))
        .containsExactlyInAnyOrder(index, arm);
    assertThat(Pushed.all(path, Map.of("platform", "linux/arm64", "type", "image"), "digest", 1))
        .containsExactly(arm);
    assertThat(Pushed.all(path, Map.of("untagged", "true"), "digest", 1))
        .containsExactlyInAnyOrder(signature, arm);
    assertThat(Pushed.all(path, Map.of("tag", "v2"), "digest", 1)).containsExactly(index);
    assertThat(Pushed.all(path, Map.of("tag", "nothing"), "digest", 1)).isEmpty();
    admin().queryParam("type", "wheel").get(path).then().statusCode(400);
    admin().queryParam("platform", "linux").get(path).then().statusCode(400);
    admin().queryParam("untagged", "yes").get(path).then().statusCode(400);
  }

  @Test
  void anArtifactIsFoundByDigestAndByTag() {
    Pushed pushed = new Pushed();
    String child = pushed.image("app", "a", "arm64", "b", "a");
    String index = pushed.index("app", List.of(Pushed.child(child, "arm64")));
    for (String reference : List.of(child, "a")) {
      admin()
          .get(pushed.path("app") + "/artifacts/" + reference)
          .then()
          .statusCode(200)
          .body("digest", equalTo(child))
          .body("type", equalTo("image"))
          .body("tags", equalTo(List.of("a", "b")))
          .body("moreTags", equalTo(false))
          .body("platforms", equalTo(List.of("linux/arm64")))
          .body("parents", equalTo(List.of(index)))
          .body("pushedBy", equalTo("account:admin"))
          .body("pullCount", equalTo(0));
    }
    admin().get(pushed.path("app") + "/artifacts/c").then().statusCode(404);
    admin().get(pushed.path("app") + "/artifacts/sha256:0").then().statusCode(400);
  }

  @Test
  void aChildIsKeptWhileItsIndexIsThereAndGoesWithIt() {
    Pushed pushed = new Pushed();
    String child = pushed.image("app", "a", "arm64");
    String index = pushed.index("app", List.of(Pushed.child(child, "arm64")), "v1");
    admin()
        .delete(pushed.path("app") + "/artifacts/" + child)
        .then()
        .statusCode(409)
        .body("detail", containsString(index));
    admin().delete(pushed.path("app") + "/artifacts/" + index).then().statusCode(204);
    assertThat(pushed.tags("app")).isEmpty();
    admin().get(pushed.path("app") + "/artifacts/" + child).then().statusCode(404);
    admin().delete(pushed.path("app") + "/artifacts/" + child).then().statusCode(404);
    admin().delete(pushed.path("app") + "/artifacts/v1").then().statusCode(400);
  }

  @Test
  void aChildOfAnIndexThatIsThereGoesByForce() {
    Pushed pushed = new Pushed();
    String child = pushed.image("app", "a", "arm64");
    String index = pushed.index("app", List.of(Pushed.child(child, "arm64")), "v1");
    admin()
        .queryParam("force", "maybe")
        .delete(pushed.path("app") + "/artifacts/" + child)
        .then()
        .statusCode(400);
    admin()
        .queryParam("force", "true")
        .delete(pushed.path("app") + "/artifacts/" + child)
        .then()
        .statusCode(204)
        .header("Hatoba-Deletion-Id", notNullValue());
    admin().get(pushed.path("app") + "/artifacts/" + index).then().statusCode(200);
  }

  @Test
  void withoutRightsNothingIsShown() {
    Pushed pushed = new Pushed();
    pushed.image("app", "a", "arm64", "v1");
    anonymous().get(pushed.path("app")).then().statusCode(401);
    anonymous().get(pushed.path("app") + "/artifacts").then().statusCode(401);
    anonymous().get(pushed.path("app") + "/tags").then().statusCode(401);
    admin().get("/registries/nowhere/images").then().statusCode(404);
  }

  @Test
  void anArtifactWithManyTagsNamesTheFirst() {
    Pushed pushed = new Pushed();
    String[] tags = new String[12];
    for (int i = 0; i < tags.length; i++) {
      tags[i] = "t" + (10 + i);
    }
    pushed.image("app", "a", "arm64", tags);
    admin()
        .accept(ContentType.JSON)
        .get(pushed.path("app") + "/artifacts")
        .then()
        .statusCode(200)
        .body("items", hasSize(1))
        .body("items[0].tags", hasSize(10))
        .body("items[0].tags[0]", equalTo("t10"))
        .body("items[0].moreTags", equalTo(true));
  }
}
