package io.hatoba.acceptance.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hatoba.acceptance.RegistryServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The whole way from the button to a session with the rights of the person's groups. */
@Tag("acceptance")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SingleSignOnTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern FORM = Pattern.compile("<form[^>]*action=\"([^\"]+)\"");
  private static final String CALLBACK = "/api/v1/session/oidc/callback";

  private RegistryServer server;
  private Provider provider;

  @BeforeAll
  void start(@TempDir Path folder) throws IOException {
    server = RegistryServer.on(folder.resolve("data"));
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    provider = new Provider(port, server.url(CALLBACK), folder);
    server
        .with("HATOBA_OUTBOUND_ALLOWED_NETWORKS", "127.0.0.1")
        .with("HATOBA_OUTBOUND_ALLOWED_PORTS", Integer.toString(port))
        .with("HATOBA_OIDC_ISSUER", provider.issuer())
        .with("HATOBA_OIDC_CLIENT_ID", "hatoba")
        .with("HATOBA_OIDC_CLIENT_SECRET", "only-for-tests & nothing else")
        .start();
    giveRoleToGroup();
  }

  @AfterAll
  void stop() {
    server.close();
    provider.close();
  }

  @Test
  void aPersonSignsInAndHasTheRightsOfTheirGroups() throws IOException {
    try (Browser browser = new Browser()) {
      HttpResponse<String> back = browser.get(signIn(browser, "kim", "/registries"));
      assertThat(Browser.target(back)).contains(server.url("/registries"));
      JsonNode session = session(browser);
      assertThat(session.path("account").asText()).isEqualTo("kim");
      assertThat(session.path("email").asText()).isEqualTo("kim@example.com");
      assertThat(actions(session)).contains("registry:read");
    }
  }

  @Test
  void whoIsInNoGroupHasNoRights() throws IOException {
    try (Browser browser = new Browser()) {
      browser.get(signIn(browser, "lee", "/"));
      JsonNode session = session(browser);
      assertThat(session.path("account").asText()).isEqualTo("lee");
      assertThat(actions(session)).doesNotContain("registry:read");
    }
  }

  @Test
  void theAdministratorOfTheProviderIsNotOurs() throws IOException {
    try (Browser browser = new Browser()) {
      browser.get(signIn(browser, "admin", "/"));
      assertThat(session(browser).path("account").asText()).isEqualTo("admin-2");
    }
  }

  @Test
  void theWayBackIsGoodOnce() {
    try (Browser browser = new Browser()) {
      URI back = signIn(browser, "kim", "/");
      assertThat(Browser.target(browser.get(back))).contains(server.url("/"));
      assertThat(Browser.target(browser.get(back))).contains(server.url("/?signInError=expired"));
    }
  }

  @Test
  void theWayBackIsGoodInTheBrowserThatBeganOnly() {
    try (Browser victim = new Browser();
        Browser attacker = new Browser()) {
      URI back = signIn(attacker, "kim", "/");
      victim.get(server.url("/api/v1/session/oidc/start"));
      assertThat(Browser.target(victim.get(back))).contains(server.url("/?signInError=expired"));
      assertThat(victim.cookie("hatoba")).isEmpty();
    }
  }

  @Test
  void whoGivesUpAtTheProviderIsBackAtTheSignInPage() {
    try (Browser browser = new Browser()) {
      URI form = toForm(browser, server.url("/api/v1/session/oidc/start"));
      HttpResponse<String> answer = browser.get(URI.create(form + "/abort"));
      URI target = Browser.target(answer).orElseThrow();
      while (!target.getPath().equals(CALLBACK)) {
        target = Browser.target(browser.get(target)).orElseThrow();
      }
      assertThat(Browser.target(browser.get(target)))
          .contains(server.url("/?signInError=cancelled"));
    }
  }

  /** Goes to the provider and through its pages; answers the address it sends the browser to. */
  private URI signIn(Browser browser, String name, String returnTo) {
    URI next = server.url("/api/v1/session/oidc/start?returnTo=" + returnTo);
    for (int step = 0; step < 20; step++) {
      HttpResponse<String> answer = browser.get(next);
      if (Browser.target(answer).isEmpty()) {
        answer =
            browser.post(
                formOf(answer),
                answer.body().contains("name=\"login\"")
                    ? Map.of("prompt", "login", "login", name, "password", "any")
                    : Map.of("prompt", "consent"));
      }
      next = Browser.target(answer).orElseThrow();
      if (next.getPath().equals(CALLBACK)) {
        return next;
      }
    }
    throw new AssertionError("the provider sends the browser round and round");
  }

  private static URI toForm(Browser browser, URI start) {
    HttpResponse<String> answer = browser.get(start);
    while (Browser.target(answer).isPresent()) {
      answer = browser.get(Browser.target(answer).orElseThrow());
    }
    return formOf(answer);
  }

  private static URI formOf(HttpResponse<String> page) {
    Matcher form = FORM.matcher(page.body());
    assertThat(form.find()).as(page.body()).isTrue();
    return page.uri().resolve(form.group(1));
  }

  private JsonNode session(Browser browser) throws IOException {
    HttpResponse<String> answer = browser.get(server.url("/api/v1/session"));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private static List<String> actions(JsonNode session) {
    return session.path("actions").valueStream().map(JsonNode::asText).toList();
  }

  private void giveRoleToGroup() throws IOException {
    HttpRequest grant =
        HttpRequest.newBuilder(server.url("/api/v1/grants"))
            .header("Authorization", RegistryServer.KEY.basic())
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"principal\":\"group:dev\",\"role\":\"service-viewer\"}"))
            .build();
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<String> answer = http.send(grant, HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
