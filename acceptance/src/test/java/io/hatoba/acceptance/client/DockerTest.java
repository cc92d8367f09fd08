package io.hatoba.acceptance.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hatoba.acceptance.AccessKey;
import io.hatoba.acceptance.Content;
import io.hatoba.acceptance.RegistryServer;
import io.hatoba.acceptance.Terminal;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DockerTest extends ClientScenario {

  private static final Pattern PUSHED =
      Pattern.compile("digest: (sha256:[0-9a-f]{64}) size: ([0-9]+)");

  private DockerEngine engine;

  @BeforeAll
  void startEngine(@TempDir Path engineFolder) {
    engine = DockerEngine.startedIn(engineFolder.resolve("docker"));
  }

  @AfterAll
  void stopEngine() {
    engine.close();
  }

  @Test
  void anImageIsPushedAndPulledByTagAndByDigest() throws Exception {
    Terminal terminal = loggedIn();
    importImage(terminal, image("docker/app:1"), 31, 2_000_000);
    String id = terminal.run("docker image inspect --format '{{.Id}}' %s", image("docker/app:1"));

    String digest = push(terminal, image("docker/app:1"));

    terminal.run("docker image rm %s", image("docker/app:1"));
    terminal.run("docker pull %s", image("docker/app:1"));
    assertThat(terminal.run("docker image inspect --format '{{.Id}}' %s", image("docker/app:1")))
        .isEqualTo(id);
    assertPayload(terminal, image("docker/app:1"), 31, 2_000_000);

    terminal.run("docker image rm %s", image("docker/app:1"));
    terminal.run("docker pull %s", image("docker/app@") + digest);
    assertPayload(terminal, image("docker/app@") + digest, 31, 2_000_000);
  }

  /** docker/for-linux#1296: a Range that is one too high makes every layer one byte too large. */
  @Test
  void theLayersOfAPushedManifestHaveTheSizesOfTheirBytes() throws Exception {
    Terminal terminal = loggedIn();
    importImage(terminal, image("docker/sizes:1"), 32, 777_777);
    push(terminal, image("docker/sizes:1"));

    String repository = "/v2/" + RegistryServer.REGISTRY + "/docker/sizes";
    JsonNode manifest = new ObjectMapper().readTree(http().get(repository + "/manifests/1").body());
    assertThat(manifest.get("layers")).isNotEmpty();
    for (JsonNode descriptor : manifest.findParents("digest")) {
      HttpResponse<byte[]> blob =
          http().get(repository + "/blobs/" + descriptor.get("digest").asText());
      assertThat(blob.body()).hasSize(descriptor.get("size").asInt());
      assertThat(Content.digest(blob.body())).isEqualTo(descriptor.get("digest").asText());
    }
  }

  @Test
  void aSecondRepositoryGetsTheSameLayersWithoutSendingThemAgain() throws Exception {
    Terminal terminal = loggedIn();
    importImage(terminal, image("docker/first:1"), 33, 500_000);
    push(terminal, image("docker/first:1"));
    terminal.run("docker tag %s %s", image("docker/first:1"), image("docker/second:1"));

    assertThat(terminal.run("docker push %s", image("docker/second:1")))
        .contains("Mounted from " + RegistryServer.REGISTRY + "/docker/first");
  }

  @Test
  void pushingWithoutLoginSaysThatALoginIsNeeded() throws Exception {
    Terminal terminal = engine.connect(newTerminal());
    importImage(terminal, image("docker/anonymous:1"), 34, 1_000);

    assertThat(terminal.runAndLook("docker push %s", image("docker/anonymous:1")).failed().text())
        .containsAnyOf("unauthorized", "no basic auth credentials", "denied");
  }

  @Test
  void aWrongSecretIsRefusedAtLogin() {
    assertThat(
            engine
                .connect(newTerminal())
                .runAndLook(
                    "echo %s | docker login %s -u %s --password-stdin",
                    WRONG.secret(), server().address(), WRONG.id())
                .failed()
                .text())
        .containsIgnoringCase("unauthorized");
  }

  @Test
  void pushingToARegistryThatDoesNotExistNamesIt() throws Exception {
    Terminal terminal = loggedIn();
    String lost = server().address() + "/" + ABSENT_REGISTRY + "/app:1";
    importImage(terminal, lost, 35, 1_000);

    assertThat(terminal.runAndLook("docker push %s", lost).failed().text())
        .containsPattern(ABSENT_REGISTRY_MESSAGE);
  }

  @Test
  void pullingATagThatDoesNotExistSaysSo() {
    assertThat(loggedIn().runAndLook("docker pull %s", image("docker/app:absent")).failed().text())
        .contains("not found");
  }

  /** The guide's Image Uploader: the row "イメージPull" of its last table is empty for it. */
  @Test
  void anUploaderPushesAndIsRefusedThePull() throws Exception {
    Terminal uploader = loggedIn(uploader());
    importImage(uploader, image("docker/uploaded:1"), 36, 200_000);

    push(uploader, image("docker/uploaded:1"));
    uploader.run("docker image rm %s", image("docker/uploaded:1"));

    assertThat(uploader.runAndLook("docker pull %s", image("docker/uploaded:1")).failed().text())
        .contains("denied")
        .contains("the role image-uploader")
        .contains("does not include artifact:pull");
    Terminal terminal = loggedIn();
    terminal.run("docker pull %s", image("docker/uploaded:1"));
    assertPayload(terminal, image("docker/uploaded:1"), 36, 200_000);

    // What it has seen already is no reason to refuse a push.
    importImage(uploader, image("docker/uploaded:1"), 37, 200_000);
    push(uploader, image("docker/uploaded:1"));
  }

  /** A service account that may push to the registry of the tests. */
  private AccessKey uploader() throws Exception {
    create("/service-accounts", "{\"name\":\"uploader\"}");
    create(
        "/grants",
        "{\"principal\":\"robot:uploader\",\"role\":\"image-uploader\",\"registry\":\"%s\"}"
            .formatted(RegistryServer.REGISTRY));
    JsonNode key = create("/service-accounts/uploader/keys", "{}");
    return new AccessKey(key.get("id").asText(), key.get("secret").asText());
  }

  private JsonNode create(String path, String body) throws Exception {
    HttpResponse<byte[]> made =
        http()
            .send(
                "POST",
                "/api/v1" + path,
                body.getBytes(StandardCharsets.UTF_8),
                "Content-Type",
                "application/json");
    assertThat(made.statusCode())
        .as(new String(made.body(), StandardCharsets.UTF_8))
        .isEqualTo(201);
    return new ObjectMapper().readTree(made.body());
  }

  private Terminal loggedIn() {
    return loggedIn(KEY);
  }

  private Terminal loggedIn(AccessKey key) {
    Terminal terminal = engine.connect(newTerminal());
    assertThat(
            terminal.run(
                "echo %s | docker login %s -u %s --password-stdin",
                key.secret(), server().address(), key.id()))
        .contains("Login Succeeded");
    return terminal;
  }

  private static void importImage(Terminal terminal, String name, long seed, int size)
      throws Exception {
    Files.write(terminal.home().resolve("payload"), Content.random(seed, size));
    terminal.run("tar -c payload | docker import - %s", name);
  }

  private static String push(Terminal terminal, String name) {
    String output = terminal.run("docker push %s", name);
    Matcher pushed = PUSHED.matcher(output);
    assertThat(pushed.find()).as(output).isTrue();
    return pushed.group(1);
  }

  private static void assertPayload(Terminal terminal, String name, long seed, int size) {
    terminal.run(
        "rm -rf out && mkdir out && docker create --name probe %s none && docker export probe | tar -x -C out payload && docker rm probe",
        name);
    assertThat(terminal.home().resolve("out/payload")).hasBinaryContent(Content.random(seed, size));
  }
}
