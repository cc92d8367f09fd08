package io.hatoba.acceptance.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hatoba.acceptance.Content;
import io.hatoba.acceptance.Terminal;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

class OrasTest extends ClientScenario {

  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void filesComeBackByteForByte() throws Exception {
    Terminal terminal = loggedIn();
    Files.write(terminal.home().resolve("model.bin"), Content.random(21, 4_000_000));
    Files.write(terminal.home().resolve("empty.txt"), new byte[0]);

    terminal.run(
        "oras push --plain-http --artifact-type application/vnd.example.model %s"
            + " model.bin:application/octet-stream empty.txt:text/plain --annotation made=here",
        image("oras/model:1"));
    terminal.run("oras pull --plain-http %s -o pulled", image("oras/model:1"));

    assertThat(terminal.home().resolve("pulled/model.bin"))
        .hasBinaryContent(Content.random(21, 4_000_000));
    assertThat(terminal.home().resolve("pulled/empty.txt")).isEmptyFile();
    JsonNode manifest =
        JSON.readTree(terminal.run("oras manifest fetch --plain-http %s", image("oras/model:1")));
    assertThat(manifest.get("artifactType").asText()).isEqualTo("application/vnd.example.model");
    assertThat(manifest.at("/annotations/made").asText()).isEqualTo("here");
    assertThat(terminal.run("oras repo tags --plain-http %s", image("oras/model")).lines())
        .containsExactly("1");
  }

  @Test
  void whatIsAttachedIsDiscoveredAndFiltered() throws Exception {
    Terminal terminal = loggedIn();
    Files.writeString(terminal.home().resolve("app.txt"), "app");
    Files.writeString(terminal.home().resolve("sbom.json"), "{\"spdxVersion\":\"SPDX-2.3\"}");
    Files.writeString(terminal.home().resolve("note.txt"), "a note");
    terminal.run("oras push --plain-http %s app.txt", image("oras/subject:1"));

    terminal.run(
        "oras attach --plain-http --artifact-type application/spdx+json --annotation by=tester %s sbom.json",
        image("oras/subject:1"));
    terminal.run(
        "oras attach --plain-http --artifact-type application/vnd.example.note %s note.txt",
        image("oras/subject:1"));

    JsonNode all = discover(terminal, "");
    assertThat(all.findValuesAsText("artifactType"))
        .containsExactlyInAnyOrder("application/spdx+json", "application/vnd.example.note");
    JsonNode sboms = discover(terminal, "--artifact-type application/spdx+json");
    assertThat(sboms.findValuesAsText("artifactType")).containsExactly("application/spdx+json");
    assertThat(sboms.at("/referrers/0/annotations/by").asText()).isEqualTo("tester");
    terminal.run("oras pull --plain-http %s -o sbom", sboms.at("/referrers/0/reference").asText());
    assertThat(terminal.home().resolve("sbom/sbom.json"))
        .hasContent("{\"spdxVersion\":\"SPDX-2.3\"}");
  }

  private JsonNode discover(Terminal terminal, String options) throws Exception {
    return JSON.readTree(
        terminal.run(
            "oras discover --plain-http --format json --distribution-spec v1.1-referrers-api "
                + options
                + " %s",
            image("oras/subject:1")));
  }

  @Test
  void anArtifactAndItsAttachmentsAreCopiedToAnotherRepository() throws Exception {
    Terminal terminal = loggedIn();
    Files.write(terminal.home().resolve("data"), Content.random(22, 100_000));
    Files.writeString(terminal.home().resolve("signature"), "signed");
    terminal.run("oras push --plain-http %s data", image("oras/from:1"));
    terminal.run(
        "oras attach --plain-http --artifact-type application/vnd.example.signature %s signature",
        image("oras/from:1"));

    terminal.run(
        "oras cp -r --from-plain-http --to-plain-http %s %s",
        image("oras/from:1"), image("oras/to:1"));

    terminal.run("oras pull --plain-http %s -o copied", image("oras/to:1"));
    assertThat(terminal.home().resolve("copied/data"))
        .hasBinaryContent(Content.random(22, 100_000));
    assertThat(terminal.run("oras discover --plain-http --format json %s", image("oras/to:1")))
        .contains("application/vnd.example.signature");
  }

  @Test
  void aBlobIsPushedFetchedAndDeletedByItself() throws Exception {
    Terminal terminal = loggedIn();
    Files.write(terminal.home().resolve("blob"), Content.random(23, 50_000));
    String digest = Content.digest(Content.random(23, 50_000));
    terminal.run("oras blob push --plain-http %s blob", image("oras/blob"));
    terminal.run("oras blob fetch --plain-http %s --output fetched", image("oras/blob@") + digest);
    assertThat(terminal.home().resolve("fetched")).hasBinaryContent(Content.random(23, 50_000));

    terminal.run("oras blob delete --plain-http --force %s", image("oras/blob@") + digest);

    assertThat(
            terminal
                .runAndLook(
                    "oras blob fetch --plain-http %s --output again", image("oras/blob@") + digest)
                .failed()
                .text())
        .contains("not found");
  }

  @Test
  void aWrongSecretIsRefusedAtLogin() {
    assertThat(
            newTerminal()
                .runAndLook(
                    "echo %s | oras login --plain-http %s -u %s --password-stdin",
                    WRONG.secret(), server().address(), WRONG.id())
                .failed()
                .text())
        .containsIgnoringCase("unauthorized");
  }

  @Test
  void pushingToARegistryThatDoesNotExistNamesIt() throws Exception {
    Terminal terminal = loggedIn();
    Files.writeString(terminal.home().resolve("file"), "x");

    assertThat(
            terminal
                .runAndLook(
                    "oras push --plain-http %s/%s/app:1 file", server().address(), ABSENT_REGISTRY)
                .failed()
                .text())
        .containsPattern(ABSENT_REGISTRY_MESSAGE);
  }

  private Terminal loggedIn() {
    Terminal terminal = newTerminal();
    assertThat(
            terminal.run(
                "echo %s | oras login --plain-http %s -u %s --password-stdin",
                KEY.secret(), server().address(), KEY.id()))
        .contains("Login Succeeded");
    return terminal;
  }
}
