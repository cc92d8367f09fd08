package io.hatoba.server.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;

import io.hatoba.server.account.AccessKey;
import io.hatoba.server.account.AccessKeys;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.Accounts;
import io.hatoba.server.account.Grants;
import io.hatoba.server.account.Role;
import io.hatoba.server.account.Roles;
import io.hatoba.server.registry.Registries;
import io.hatoba.server.registry.RegistryName;
import io.hatoba.server.rest.TestServer;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Who sees and changes what of images. */
abstract class ImageRightsContract {
  private static final AtomicInteger COUNT = new AtomicInteger();

  @Inject Accounts accounts;
  @Inject Grants grants;
  @Inject Roles roles;
  @Inject AccessKeys keys;
  @Inject Registries registries;

  @Test
  void anUploaderSeesDetailsAndGetsNoContent() {
    Pushed pushed = new Pushed();
    String digest = pushed.image("app", "a", "amd64", "v1");
    String key = key(pushed, Role.IMAGE_UPLOADER);
    String path = pushed.path("app");
    as(key).get(path).then().statusCode(200);
    as(key).get(path + "/artifacts").then().statusCode(200).body("items", hasSize(1));
    for (String part : List.of("", "/config", "/layers", "/referrers", "/explain")) {
      as(key).get(path + "/artifacts/v1" + part).then().statusCode(200);
    }
    as(key).get(path + "/artifacts/v1/manifest").then().statusCode(403);
    as(key).get(path + "/tags").then().statusCode(200).body("items", hasSize(1));
    as(key).body(Map.of("readme", "x")).patch(path).then().statusCode(403);
    as(key)
        .body(Map.of("name", "v2", "digest", digest))
        .post(path + "/tags")
        .then()
        .statusCode(403);
    as(key).body(Map.of("digest", digest)).put(path + "/tags/v1").then().statusCode(403);
    as(key).body(Map.of("historyId", 1)).post(path + "/tags/v1/restore").then().statusCode(403);
    as(key).delete(path + "/tags/v1").then().statusCode(403);
    as(key).delete(path + "/artifacts/" + digest).then().statusCode(403);
    as(key).delete(path).then().statusCode(403);
  }

  @Test
  void aViewerSeesTheManifestToo() {
    Pushed pushed = new Pushed();
    pushed.image("app", "a", "amd64", "v1");
    String key = key(pushed, Role.SERVICE_VIEWER);
    as(key).get(pushed.path("app") + "/artifacts/v1/manifest").then().statusCode(200);
    as(key).delete(pushed.path("app")).then().statusCode(403);
  }

  @Test
  void whoMaySeeSomeImagesSeesThoseInTheList() {
    Pushed pushed = new Pushed();
    for (String image : List.of("a", "team/a", "team/b", "z")) {
      pushed.image(image, "a", "amd64", "v1");
    }
    String name = "team-only-" + COUNT.incrementAndGet();
    TestServer.admin()
        .body(
            Map.of(
                "name",
                name,
                "permissions",
                List.of("registry:read", "image:read"),
                "images",
                List.of("team/*")))
        .post("/roles")
        .then()
        .statusCode(201);
    Role role = roles.find(name).orElseThrow();
    String key = key(pushed, role);
    String list = "/registries/" + pushed.registry + "/images";
    as(key)
        .queryParam("limit", 1)
        .get(list)
        .then()
        .statusCode(200)
        .body("items.name", equalTo(List.of("team/a")))
        .body("next", notNullValue());
    assertThat(as(key).get(list).then().statusCode(200).extract().<List<String>>path("items.name"))
        .containsExactly("team/a", "team/b");
    as(key).get(pushed.path("team/a")).then().statusCode(200);
    as(key).get(pushed.path("z")).then().statusCode(403);
    as(key).get(pushed.path("team/a") + "/artifacts").then().statusCode(403);
  }

  @Test
  void whoHasNoRoleLearnsNothing() {
    Pushed pushed = new Pushed();
    Pushed other = new Pushed();
    pushed.image("app", "a", "amd64", "v1");
    String key = key(other, Role.PROJECT_ADMIN);
    as(key).get("/registries/" + pushed.registry + "/images").then().statusCode(404);
    as(key).get(pushed.path("app")).then().statusCode(404);
    as(key).delete(pushed.path("app")).then().statusCode(404);
  }

  /** The id and secret of a key of a new account with this role in the registry. */
  private String key(Pushed pushed, Role role) {
    Account account = accounts.create("viewer" + COUNT.incrementAndGet(), Optional.empty());
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
