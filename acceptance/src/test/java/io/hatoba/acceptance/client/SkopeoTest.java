package io.hatoba.acceptance.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.acceptance.OciLayout;
import io.hatoba.acceptance.RegistryServer;
import io.hatoba.acceptance.Terminal;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SkopeoTest extends ClientScenario {

  @Test
  void anOciImageComesBackByteForByte() throws Exception {
    Terminal terminal = loggedIn();
    OciLayout layout = new OciLayout(terminal.home().resolve("layout"));
    OciLayout.Descriptor pushed = layout.image("amd64", 11, 2_000_000);
    layout.tag("one", pushed);

    terminal.run(
        "skopeo copy --dest-tls-verify=false oci:layout:one docker://%s", image("skopeo/app:1"));
    terminal.run(
        "skopeo copy --src-tls-verify=false docker://%s oci:pulled:one", image("skopeo/app:1"));

    CraneTest.assertSameBlobs(layout.folder(), terminal.home().resolve("pulled"));
    assertThat(
            terminal
                .run(
                    "skopeo inspect --tls-verify=false --format '{{.Digest}}' docker://%s",
                    image("skopeo/app:1"))
                .strip())
        .isEqualTo(pushed.digest());
    assertThat(
            terminal
                .run("skopeo inspect --raw --tls-verify=false docker://%s", image("skopeo/app:1"))
                .getBytes(StandardCharsets.UTF_8))
        .isEqualTo(layout.bytes(pushed.digest()));
    assertThat(terminal.run("skopeo list-tags --tls-verify=false docker://%s", image("skopeo/app")))
        .contains("\"1\"");
  }

  @Test
  void aDockerSchema2ImageIsStoredAndServedAsItIs() throws Exception {
    Terminal terminal = loggedIn();
    OciLayout layout = new OciLayout(terminal.home().resolve("layout"));
    layout.tag("one", layout.image("amd64", 12, 100_000));

    terminal.run(
        "skopeo copy --format v2s2 --dest-tls-verify=false oci:layout:one docker://%s",
        image("skopeo/docker:1"));
    terminal.run(
        "skopeo copy --src-tls-verify=false docker://%s dir:pulled", image("skopeo/docker:1"));

    HttpResponse<byte[]> manifest =
        http().get("/v2/" + RegistryServer.REGISTRY + "/skopeo/docker/manifests/1");
    assertThat(manifest.headers().firstValue("Content-Type"))
        .contains("application/vnd.docker.distribution.manifest.v2+json");
    assertThat(terminal.home().resolve("pulled/manifest.json")).hasBinaryContent(manifest.body());
    terminal.run("skopeo copy dir:pulled oci:again:one");
    assertThat(payload(terminal, "again")).hasSameBinaryContentAs(payload(terminal, "layout"));
  }

  /** The file inside the only layer of a layout. */
  private static Path payload(Terminal terminal, String layout) {
    terminal.run(
        "for blob in %s/blobs/sha256/*; do tar -xzf \"$blob\" -O payload > %s.payload 2>/dev/null && exit 0; done; exit 1",
        layout, layout);
    return terminal.home().resolve(layout + ".payload");
  }

  @Test
  void anImageForManyPlatformsIsCopiedWithAllOfThem() throws Exception {
    Terminal terminal = loggedIn();
    OciLayout layout = new OciLayout(terminal.home().resolve("layout"));
    layout.tag(
        "one", layout.index(layout.image("amd64", 13, 5_000), layout.image("arm64", 14, 6_000)));

    terminal.run(
        "skopeo copy --all --dest-tls-verify=false oci:layout:one docker://%s",
        image("skopeo/multi:1"));
    terminal.run(
        "skopeo copy --all --src-tls-verify=false --dest-tls-verify=false docker://%s docker://%s",
        image("skopeo/multi:1"), image("skopeo/copy:1"));
    terminal.run(
        "skopeo copy --all --src-tls-verify=false docker://%s oci:pulled:one",
        image("skopeo/copy:1"));

    CraneTest.assertSameBlobs(layout.folder(), terminal.home().resolve("pulled"));
  }

  @Test
  void aDeletedImageIsGone() throws Exception {
    Terminal terminal = loggedIn();
    OciLayout layout = new OciLayout(terminal.home().resolve("layout"));
    layout.tag("one", layout.image("amd64", 15, 1_000));
    terminal.run(
        "skopeo copy --dest-tls-verify=false oci:layout:one docker://%s", image("skopeo/gone:1"));

    terminal.run("skopeo delete --tls-verify=false docker://%s", image("skopeo/gone:1"));

    assertThat(
            terminal
                .runAndLook("skopeo inspect --tls-verify=false docker://%s", image("skopeo/gone:1"))
                .failed()
                .text())
        .contains("manifest unknown");
  }

  @Test
  void aWrongSecretIsRefusedAtLogin() {
    Terminal terminal = newTerminal();

    assertThat(
            terminal
                .runAndLook(
                    "echo %s | skopeo login --tls-verify=false -u %s --password-stdin %s",
                    WRONG.secret(), WRONG.id(), server().address())
                .failed()
                .text())
        .containsIgnoringCase("invalid username/password");
  }

  private Terminal loggedIn() {
    Terminal terminal = newTerminal();
    terminal.with("REGISTRY_AUTH_FILE", terminal.home().resolve("auth.json").toString());
    terminal.run(
        "echo %s | skopeo login --tls-verify=false -u %s --password-stdin %s",
        KEY.secret(), KEY.id(), server().address());
    // Debian's package brings a policy, other builds of skopeo do not.
    terminal.run(
        "mkdir -p .config/containers && echo '{\"default\":[{\"type\":\"insecureAcceptAnything\"}]}' > .config/containers/policy.json");
    return terminal;
  }
}
