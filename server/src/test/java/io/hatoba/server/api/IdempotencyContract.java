package io.hatoba.server.api;

import static io.hatoba.server.rest.TestServer.ADMIN_KEY;
import static io.hatoba.server.rest.TestServer.admin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.hatoba.server.database.Database;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What {@code Idempotency-Key} promises. */
abstract class IdempotencyContract {
  private final String key = UUID.randomUUID().toString();
  private final String name = "r" + key.substring(0, 8);

  @Inject Database database;
  @Inject StoredAnswers answers;
  @Inject InstantSource clock;

  @Test
  void aRepeatGetsTheFirstAnswer() {
    Response first = create(key, name).post("/registries");
    Response second = create(key, name).post("/registries");

    first
        .then()
        .statusCode(201)
        .header("Idempotency-Replayed", nullValue())
        .body("name", equalTo(name));
    second
        .then()
        .statusCode(201)
        .header("Idempotency-Replayed", "true")
        .header("Location", first.header("Location"))
        .header("ETag", first.header("ETag"))
        .contentType(first.contentType());
    assertThat(second.asByteArray()).isEqualTo(first.asByteArray());
    assertThat(rowsInTheAuditLog()).isEqualTo(1);
  }

  @Test
  void aRefusalIsRepeatedToo() {
    create("other" + key.substring(5), name).post("/registries").then().statusCode(201);

    create(key, name).post("/registries").then().statusCode(409).body("code", equalTo("CONFLICT"));
    create(key, name)
        .post("/registries")
        .then()
        .statusCode(409)
        .contentType("application/problem+json")
        .header("Idempotency-Replayed", "true")
        .body("code", equalTo("CONFLICT"));
  }

  @Test
  void withoutTheKeyARepeatIsAnotherRequest() {
    admin().body(Map.of("name", name)).post("/registries").then().statusCode(201);
    admin().body(Map.of("name", name)).post("/registries").then().statusCode(409);
  }

  @Test
  void theSameKeyForAnotherRequestIsRefused() {
    create(key, name).post("/registries").then().statusCode(201);

    create(key, name + "2")
        .post("/registries")
        .then()
        .statusCode(422)
        .body("code", equalTo("FIELD_INVALID"))
        .body("errors[0].code", equalTo("IDEMPOTENCY_KEY_REUSED"));
    admin().get("/registries/" + name + "2").then().statusCode(404);
  }

  @Test
  void aKeyThatIsNoneIsRefused() {
    for (String wrong : List.of("x".repeat(65), "with space", "é")) {
      create(wrong, name).post("/registries").then().statusCode(400);
    }
    create("x".repeat(64), name).post("/registries").then().statusCode(201);
  }

  @Test
  void ofManyAtOnceOneIsCarriedOut() throws Exception {
    List<Callable<Response>> tries = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      tries.add(() -> create(key, name).post("/registries"));
    }
    List<Response> answers = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (Future<Response> answer : threads.invokeAll(tries)) {
        answers.add(answer.get());
      }
    }

    // How many come while the first is under way is a matter of time.
    assertThat(answers).extracting(Response::statusCode).contains(201).isSubsetOf(201, 409);
    assertThat(answers.stream().filter(answer -> answer.statusCode() == 409))
        .allSatisfy(
            answer -> {
              assertThat(answer.header("Retry-After")).isEqualTo("1");
              assertThat(answer.<String>path("detail")).contains("under way");
            });
    assertThat(
            answers.stream()
                .filter(answer -> answer.statusCode() == 201)
                .map(Response::asString)
                .distinct())
        .hasSize(1);
    create(key, name).post("/registries").then().statusCode(201);
  }

  @Test
  void aFirstTryThatIsUnderWayIsWaitedFor() {
    AnswerCipher cipher = new AnswerCipher(keys());
    StoredAnswers.Id id = new StoredAnswers.Id("account:admin", key);
    String body = "{\"name\":\"" + name + "\"}";
    String fingerprint =
        cipher.fingerprint(bytes("/api/v1/registries"), bytes(""), bytes(ADMIN_KEY), bytes(body));
    StoredAnswers.Begun.First begun = (StoredAnswers.Begun.First) answers.begin(id, fingerprint);

    admin()
        .header(Idempotency.HEADER, key)
        .body(body)
        .post("/registries")
        .then()
        .statusCode(409)
        .header("Retry-After", "1");
    answers.drop(begun.claim());
    admin().header(Idempotency.HEADER, key).body(body).post("/registries").then().statusCode(201);
  }

  @Test
  void anAnswerRestsEncrypted() {
    create(key, name).post("/registries").then().statusCode(201);

    byte[] rests =
        database.read(
            handle ->
                handle
                    .createQuery("SELECT answer FROM idempotency WHERE idempotency_key = :key")
                    .bind("key", key)
                    .mapTo(byte[].class)
                    .one());
    assertThat(rests).isNotEmpty().startsWith(1);
    assertThat(new String(rests, StandardCharsets.ISO_8859_1)).doesNotContain(name);
  }

  @Test
  void aTryThatDiedIsTakenOverAndAnOldAnswerForgotten() {
    InstantSource[] now = {clock};
    StoredAnswers later =
        new StoredAnswers(database, () -> now[0].instant(), new AnswerCipher(keys()));
    StoredAnswers.Id id = new StoredAnswers.Id("account:kim", key);
    assertThat(later.begin(id, "f")).isInstanceOf(StoredAnswers.Begun.First.class);
    assertThat(later.begin(id, "f")).isInstanceOf(StoredAnswers.Begun.Running.class);
    assertThat(later.begin(id, "g")).isInstanceOf(StoredAnswers.Begun.Other.class);

    now[0] = () -> clock.instant().plus(StoredAnswers.CLAIM).plusSeconds(1);
    StoredAnswers.Begun second = later.begin(id, "f");
    assertThat(second).isInstanceOf(StoredAnswers.Begun.First.class);
    later.keep(((StoredAnswers.Begun.First) second).claim(), "the answer");
    assertThat(later.begin(id, "f")).isEqualTo(new StoredAnswers.Begun.Repeated("the answer"));

    now[0] =
        () -> clock.instant().plus(StoredAnswers.KEPT).plus(StoredAnswers.CLAIM).plusSeconds(2);
    assertThat(later.begin(id, "g")).isInstanceOf(StoredAnswers.Begun.First.class);
    now[0] = () -> clock.instant().plus(StoredAnswers.KEPT.multipliedBy(3));
    while (later.dropExpired(3) > 0) {
      // until none is left
    }
    long left =
        database.read(
            handle ->
                handle.createQuery("SELECT COUNT(*) FROM idempotency").mapTo(Long.class).one());
    assertThat(left).isZero();
  }

  private io.hatoba.server.account.ServerKeys keys() {
    return new io.hatoba.server.account.ServerKeys(database, clock);
  }

  private int rowsInTheAuditLog() {
    return admin().queryParam("registry", name).get("/audit").<List<Object>>path("items").size();
  }

  private static RequestSpecification create(String key, String name) {
    return admin().header(Idempotency.HEADER, key).body(Map.of("name", name));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
