package io.hatoba.acceptance.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.acceptance.AccessKey;
import io.hatoba.acceptance.Content;
import io.hatoba.acceptance.OciLayout;
import io.hatoba.acceptance.RegistryServer;
import io.hatoba.acceptance.Terminal;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class CraneTest extends ClientScenario {

  @Test
  void anImageComesBackByteForByte() throws Exception {
    Terminal terminal = loggedIn();
    OciLayout layout = new OciLayout(terminal.home().resolve("layout"));
    OciLayout.Descriptor pushed = layout.image("amd64", 1, 3_000_000);
    layout.tag("latest", pushed);

    String reference =
        terminal.run("crane push %s %s", layout.folder(), image("crane/app:1")).strip();
    assertThat(reference).isEqualTo(image("crane/app@") + pushed.digest());
    assertThat(terminal.run("crane digest %s", image("crane/app:1")).strip())
        .isEqualTo(pushed.digest());
    assertThat(terminal.run("crane manifest %s", image("crane/app:1")).getBytes(UTF_8))
        .isEqualTo(layout.bytes(pushed.digest()));

    terminal.run("crane pull --format=oci %s pulled", image("crane/app:1"));
    assertSameBlobs(layout.folder(), terminal.home().resolve("pulled"));
    terminal.run("crane validate --remote %s", image("crane/app:1"));
  }

  @Test
  void tagsAndRepositoriesAreListed() throws Exception {
    Terminal terminal = loggedIn();
    OciLayout layout = new OciLayout(terminal.home().resolve("layout"));
    layout.tag("latest", layout.image("amd64", 2, 1_000));
    terminal.run("crane push %s %s", layout.folder(), image("crane/listed:v1"));
    terminal.run("crane tag %s v2", image("crane/listed:v1"));
    terminal.run("crane copy %s %s", image("crane/listed:v1"), image("crane/copied:v1"));

    assertThat(terminal.run("crane ls %s", image("crane/listed")).lines())
        .containsExactly("v1", "v2");
    assertThat(terminal.run("crane catalog %s", server().address()).lines())
        .contains(name("crane/copied"), name("crane/listed"));
  }

  @Test
  void deletingATagLeavesTheImageAndDeletingTheImageEndsIt() throws Exception {
    Terminal terminal = loggedIn();
    OciLayout layout = new OciLayout(terminal.home().resolve("layout"));
    OciLayout.Descriptor pushed = layout.image("amd64", 3, 1_000);
    layout.tag("latest", pushed);
    terminal.run("crane push %s %s", layout.folder(), image("crane/deleted:v1"));
    terminal.run("crane tag %s v2", image("crane/deleted:v1"));

    terminal.run("crane delete %s", image("crane/deleted:v1"));
    assertThat(terminal.run("crane ls %s", image("crane/deleted")).lines()).containsExactly("v2");
    assertThat(terminal.run("crane digest %s", image("crane/deleted:v2")).strip())
        .isEqualTo(pushed.digest());

    terminal.run("crane delete %s", image("crane/deleted@") + pushed.digest());
    assertThat(terminal.runAndLook("crane digest %s", image("crane/deleted:v2")).failed().text())
        .contains("404");
    assertThat(terminal.run("crane ls %s", image("crane/deleted"))).isBlank();
  }

  @Test
  void aLayerIsAppendedToAnImageThatIsAlreadyThere() throws Exception {
    Terminal terminal = loggedIn();
    OciLayout layout = new OciLayout(terminal.home().resolve("layout"));
    layout.tag("latest", layout.image("amd64", 4, 10_000));
    terminal.run("crane push %s %s", layout.folder(), image("crane/base:1"));
    Files.write(terminal.home().resolve("added"), Content.random(5, 20_000));
    terminal.run("tar -czf added.tar.gz added");

    terminal.run(
        "crane append -b %s -f added.tar.gz -t %s",
        image("crane/base:1"), image("crane/appended:1"));

    terminal.run("crane validate --remote %s", image("crane/appended:1"));
    terminal.run("mkdir out && crane export %s - | tar -xf - -C out", image("crane/appended:1"));
    assertThat(terminal.home().resolve("out/added")).hasBinaryContent(Content.random(5, 20_000));
    assertThat(terminal.home().resolve("out/payload")).hasBinaryContent(Content.random(4, 10_000));
  }

  @Test
  void anIndexForTwoPlatformsIsPushedWhole() throws Exception {
    Terminal terminal = loggedIn();
    OciLayout layout = new OciLayout(terminal.home().resolve("layout"));
    OciLayout.Descriptor arm = layout.image("arm64", 6, 5_000);
    layout.tag("amd64", layout.image("amd64", 7, 5_000)).tag("arm64", arm);

    terminal.run("crane push --index %s %s", layout.folder(), image("crane/multi:1"));

    // What crane pushes is the index file of the layout itself.
    assertThat(terminal.run("crane digest %s", image("crane/multi:1")).strip())
        .isEqualTo(Content.digest(Files.readAllBytes(layout.folder().resolve("index.json"))));
    assertThat(
            terminal.run("crane digest --platform linux/arm64 %s", image("crane/multi:1")).strip())
        .isEqualTo(arm.digest());
    terminal.run("crane validate --remote %s", image("crane/multi:1"));
  }

  @Test
  void aWrongSecretIsRefused() throws Exception {
    Terminal terminal = newTerminal();
    login(terminal, WRONG);

    assertThat(terminal.runAndLook("crane ls %s", image("crane/app")).failed().text())
        .containsIgnoringCase("unauthorized");
  }

  private Terminal loggedIn() {
    Terminal terminal = newTerminal();
    login(terminal, KEY);
    return terminal;
  }

  /** crane only writes the credentials down; it uses them first with the next command. */
  private void login(Terminal terminal, AccessKey key) {
    terminal.run(
        "echo %s | crane auth login %s -u %s --password-stdin",
        key.secret(), server().address(), key.id());
  }

  private static String name(String repository) {
    return RegistryServer.REGISTRY + "/" + repository;
  }

  static void assertSameBlobs(Path pushed, Path pulled) throws Exception {
    try (var blobs = Files.list(pushed.resolve("blobs/sha256"))) {
      for (Path blob : blobs.toList()) {
        assertThat(pulled.resolve("blobs/sha256").resolve(blob.getFileName()))
            .hasSameBinaryContentAs(blob);
      }
    }
  }
}
