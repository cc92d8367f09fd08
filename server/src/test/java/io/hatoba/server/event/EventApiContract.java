package io.hatoba.server.event;

import static io.hatoba.server.rest.TestServer.ADMIN_KEY;
import static io.hatoba.server.rest.TestServer.ADMIN_SECRET;
import static io.hatoba.server.rest.TestServer.admin;
import static io.hatoba.server.rest.TestServer.anonymous;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.startsWith;

import io.hatoba.server.account.AccessKey;
import io.hatoba.server.account.AccessKeys;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.Accounts;
import io.hatoba.server.account.Grants;
import io.hatoba.server.account.Role;
import io.hatoba.server.database.Database;
import io.hatoba.server.registry.Registries;
import io.hatoba.server.registry.Registry;
import io.hatoba.server.registry.RegistryName;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The event stream over HTTP. */
abstract class EventApiContract {
  private static final String DIGEST = "sha256:" + "a".repeat(64);

  @Inject Database database;
  @Inject Registries registries;
  @Inject Accounts accounts;
  @Inject AccessKeys keys;
  @Inject Grants grants;
  @Inject EventStreams streams;

  private final String name = "r" + UUID.randomUUID().toString().substring(0, 8);
  private final List<Listener> listeners = new ArrayList<>();
  private Registry registry;

  @BeforeEach
  void makeRegistry() {
    registry = registries.create(RegistryName.parse(name), Registries.Settings.PRIVATE);
  }

  @AfterEach
  void nothingIsLeftOpen() {
    listeners.forEach(Listener::close);
    await().until(() -> streams.size() == 0);
  }

  @Test
  void whatHappensIsTold() {
    Listener listener = listen("", null);

    happens("artifact.pushed", name + "/team/app", null);
    happens("tag.created", name + "/team/app", "1.0");

    List<String> told = listener.await(2);
    assertThat(told.get(0))
        .containsPattern("^id: [0-9]+-[0-9]+\nevent: artifact.pushed\ndata: \\{\"at\":\"20")
        .contains(
            "\"registry\":\"" + name + "\",\"image\":\"team/app\",\"digest\":\"" + DIGEST + "\"")
        .endsWith("\"actor\":\"account:kim\"}")
        .doesNotContain("192.0.2.1", "HK1", "null");
    assertThat(told.get(1)).contains("event: tag.created\n", "\"tag\":\"1.0\"");
  }

  @Test
  void filtersChooseEvents() {
    Listener listener = listen("?registry=" + name + "&kind=tag.created&kind=tag.deleted", null);

    happens("artifact.pushed", name + "/app", null);
    happens("tag.created", "main/app", "elsewhere");
    happens("tag.created", name + "/app", "a");
    happens("tag.moved", name + "/app", "b");
    happens("tag.deleted", name + "/app", "c");

    assertThat(listener.await(2)).extracting(EventApiContract::tag).containsExactly("a", "c");
  }

  @Test
  void whoComesBackMissesNothing() {
    Listener first = listen("?registry=" + name, null);
    happens("tag.created", name + "/app", "seen");
    String id = first.await(1).getFirst().lines().findFirst().orElseThrow().substring(4);
    first.close();
    for (int i = 0; i < 450; i++) {
      happens("tag.created", name + "/app", "t" + i);
    }

    Listener second = listen("?registry=" + name, id);
    happens("tag.created", name + "/app", "live");

    List<String> told = second.await(451);
    assertThat(told).extracting(EventApiContract::tag).startsWith("t0", "t1").endsWith("live");
    assertThat(told).doesNotHaveDuplicates();
  }

  @Test
  void anIdOfAnotherDatabaseMeansThatSomeWereMissed() {
    Listener listener = listen("", "9000000000000000000-1");

    assertThat(listener.await(1)).containsExactly("event: reset\ndata: {}");
  }

  @Test
  void onlyWhatTheCallerMayReadIsTold() {
    AccessKey.Issued key = viewerOf(registry);
    Listener listener = listen("", null, key.key().id(), key.secret().reveal());

    happens("tag.created", "main/secret", "hidden");
    happens("tag.created", name + "/app", "shown");

    assertThat(listener.await(1)).extracting(EventApiContract::tag).containsExactly("shown");
  }

  @Test
  void aRightThatIsTakenAwayEndsWhatIsTold() {
    AccessKey.Issued key = viewerOf(registry);
    Listener listener = listen("", null, key.key().id(), key.secret().reveal());
    happens("tag.created", name + "/app", "before");
    listener.await(1);

    grants.take("account:" + name, Role.SERVICE_VIEWER, Optional.of(registry.id()));
    Listener witness = listen("?registry=" + name, null);
    happens("tag.created", name + "/app", "after");
    witness.await(1);
    accounts.setEnabled(name, false);

    await().until(listener::hasEnded);
    assertThat(listener.told).extracting(EventApiContract::tag).containsExactly("before");
    assertThat(streams.size()).isEqualTo(1);
  }

  @Test
  void aClientThatGoesFreesItsPlaceAtOnce() {
    Listener listener = listen("", null);
    await().until(() -> streams.size() == 1);

    listener.close();

    await().until(() -> streams.size() == 0);
  }

  @Test
  void aPrincipalHasOnlySoManyStreams() {
    for (int i = 0; i < 20; i++) {
      listen("", null);
    }

    admin()
        .accept("text/event-stream")
        .get("/events")
        .then()
        .statusCode(429)
        .header("Retry-After", "10")
        .body("code", equalTo("TOOMANYREQUESTS"))
        .body("detail", startsWith("too many event streams"));
    listeners.getFirst().close();
    await().until(() -> streams.size() == 19);
    listen("", null);
  }

  @Test
  void whatIsWrongIsRefusedBeforeTheStream() {
    anonymous().get("/events").then().statusCode(401);
    admin().queryParam("kind", "nothing").get("/events").then().statusCode(400);
    admin().queryParam("registry", "Not a name").get("/events").then().statusCode(400);
    admin().header("Last-Event-ID", "x").get("/events").then().statusCode(400);
    admin().accept("text/event-stream").head("/events").then().statusCode(200);
    assertThat(streams.size()).isZero();
  }

  private AccessKey.Issued viewerOf(Registry in) {
    Account account = accounts.create(name, Optional.empty());
    grants.give("account:" + name, Role.SERVICE_VIEWER, Optional.of(in.id()));
    return keys.create(account, AccessKey.Settings.PLAIN, "");
  }

  private Listener listen(String query, @Nullable String lastEventId) {
    return listen(query, lastEventId, ADMIN_KEY, ADMIN_SECRET);
  }

  private Listener listen(String query, @Nullable String lastEventId, String key, String secret) {
    Listener listener = new Listener(query, lastEventId, key, secret);
    listeners.add(listener);
    return listener;
  }

  private static String tag(String event) {
    return event.replaceAll("(?s).*\"tag\":\"([^\"]*)\".*", "$1");
  }

  private void happens(String kind, String repository, @Nullable String tag) {
    database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    INSERT INTO event (tx, at, kind, registry_id, repository, digest, tag, actor, via, address)
                    VALUES (
                    """
                        + database.dialect().transactionId()
                        + ", :at, :kind, 1, :repository, :digest, :tag, 'account:kim', 'HK1', '192.0.2.1')")
                .bind("at", System.currentTimeMillis())
                .bind("kind", kind)
                .bind("repository", repository)
                .bind("digest", DIGEST)
                .bind("tag", tag)
                .execute());
  }

  /** A client that gathers events. */
  private static final class Listener implements AutoCloseable {
    final ConcurrentLinkedQueue<String> told = new ConcurrentLinkedQueue<>();
    private final HttpClient client = HttpClient.newHttpClient();
    private final InputStream body;
    private final Thread reader;

    Listener(String query, @Nullable String lastEventId, String key, String secret) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(
                  URI.create("http://localhost:" + RestAssured.port + "/api/v1/events" + query))
              .header("Accept", "text/event-stream")
              .header(
                  "Authorization",
                  "Basic "
                      + Base64.getEncoder()
                          .encodeToString((key + ":" + secret).getBytes(StandardCharsets.UTF_8)));
      if (lastEventId != null) {
        request.header("Last-Event-ID", lastEventId);
      }
      try {
        HttpResponse<InputStream> response =
            client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type").orElseThrow())
            .startsWith("text/event-stream");
        body = response.body();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      reader = Thread.ofVirtual().start(this::read);
    }

    private void read() {
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
        StringBuilder event = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (!line.isEmpty()) {
            event.append(event.isEmpty() ? "" : "\n").append(line);
            continue;
          }
          if (!event.isEmpty() && event.indexOf("event: ") >= 0) {
            told.add(event.toString());
          }
          event.setLength(0);
        }
      } catch (IOException e) {
        // closed by the test
      }
    }

    List<String> await(int count) {
      org.awaitility.Awaitility.await()
          .atMost(java.time.Duration.ofSeconds(30))
          .until(() -> told.size() >= count);
      return List.copyOf(told);
    }

    boolean hasEnded() {
      return !reader.isAlive();
    }

    @Override
    public void close() {
      client.shutdownNow();
    }
  }
}
