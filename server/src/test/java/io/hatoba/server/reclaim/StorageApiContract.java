package io.hatoba.server.reclaim;

import static io.hatoba.server.rest.TestServer.admin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.nullValue;

import io.hatoba.server.account.AccessKey;
import io.hatoba.server.account.AccessKeys;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.Accounts;
import io.hatoba.server.account.Grants;
import io.hatoba.server.account.Role;
import io.hatoba.server.image.Pushed;
import io.hatoba.server.registry.Registries;
import io.hatoba.server.registry.RegistryName;
import io.hatoba.server.rest.TestServer;
import io.restassured.path.json.JsonPath;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What the storage holds, over the management API. */
abstract class StorageApiContract {
  private static final AtomicInteger COUNT = new AtomicInteger();

  @Inject Accounts accounts;
  @Inject Grants grants;
  @Inject AccessKeys keys;
  @Inject Registries registries;

  @Test
  void anAdministratorSeesWhatIsHeldAndWhatCameBack() {
    Pushed pushed = new Pushed();
    long before = storage().getLong("physicalBytes");
    pushed.image("app", "storage", "amd64", "v1");
    assertThat(storage().getLong("physicalBytes")).isGreaterThan(before);

    long freed = storage().getLong("reclaim.blobsFreedIn30Days");
    admin()
        .queryParam("force", true)
        .delete("/registries/" + pushed.registry)
        .then()
        .statusCode(204);
    admin()
        .get("/storage")
        .then()
        .statusCode(200)
        .body("reclaim.blobsFreedIn30Days", greaterThanOrEqualTo((int) freed + 2))
        .body("reclaim.dueDeletions", greaterThanOrEqualTo(0))
        .body("reclaim.oldestDueSeconds", greaterThanOrEqualTo(0))
        .body("reclaim.heldUntil", nullValue());
  }

  @Test
  void nobodyElseSeesIt() {
    long registry = registries.find(RegistryName.parse(new Pushed().registry)).orElseThrow().id();
    as(key(Role.PROJECT_ADMIN, Optional.of(registry)))
        .get("/storage")
        .then()
        .statusCode(403)
        .body("detail", containsString("storage:read"));
    as(key(Role.SERVICE_VIEWER, Optional.empty())).get("/storage").then().statusCode(403);
    as(key(Role.SERVICE_ADMIN, Optional.empty())).get("/storage").then().statusCode(200);
    TestServer.anonymous().get("/storage").then().statusCode(401);
  }

  private static JsonPath storage() {
    return admin().get("/storage").then().statusCode(200).extract().jsonPath();
  }

  /** The id and secret of a key of a new account with this role. */
  private String key(Role role, Optional<Long> registry) {
    Account account = accounts.create("keeper" + COUNT.incrementAndGet(), Optional.empty());
    grants.give(account.principal(), role, registry);
    AccessKey.Issued issued = keys.create(account, AccessKey.Settings.PLAIN, "");
    return issued.key().id() + ":" + issued.secret().reveal();
  }

  private static RequestSpecification as(String key) {
    int colon = key.indexOf(':');
    return TestServer.as(key.substring(0, colon), key.substring(colon + 1));
  }
}
