package io.hatoba.acceptance.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.acceptance.RegistryServer;
import io.hatoba.acceptance.Terminal;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

class HelmTest extends ClientScenario {

  @Test
  void aChartComesBackByteForByteWithItsProvenance() throws Exception {
    Terminal terminal = loggedIn();
    terminal.run("helm create web && helm package web --version 1.2.3");
    // helm pushes the provenance file that lies beside the chart, whatever signed it.
    Files.writeString(
        terminal.home().resolve("web-1.2.3.tgz.prov"),
        "-----BEGIN PGP SIGNED MESSAGE-----\nnot really\n");

    terminal.run("helm push --plain-http web-1.2.3.tgz oci://%s", image("charts"));
    terminal.run(
        "mkdir pulled && helm pull --plain-http --prov --version 1.2.3 -d pulled oci://%s",
        image("charts/web"));

    assertThat(terminal.home().resolve("pulled/web-1.2.3.tgz"))
        .hasSameBinaryContentAs(terminal.home().resolve("web-1.2.3.tgz"));
    assertThat(terminal.home().resolve("pulled/web-1.2.3.tgz.prov"))
        .hasSameBinaryContentAs(terminal.home().resolve("web-1.2.3.tgz.prov"));
    assertThat(
            terminal.run(
                "helm show chart --plain-http --version 1.2.3 oci://%s", image("charts/web")))
        .contains("version: 1.2.3");
    assertThat(
            terminal.run(
                "helm template --plain-http --version 1.2.3 release oci://%s", image("charts/web")))
        .contains("kind: Deployment");
  }

  @Test
  void theManagementApiShowsWhatIsInAChart() throws Exception {
    Terminal terminal = loggedIn();
    terminal.run("helm create shown && echo '# Shown' > shown/README.md");
    terminal.run("helm package shown --version 2.3.4");
    terminal.run("helm push --plain-http shown-2.3.4.tgz oci://%s", image("charts"));

    HttpResponse<byte[]> chart =
        http()
            .get(
                "/api/v1/registries/"
                    + RegistryServer.REGISTRY
                    + "/images/charts~shown/artifacts/2.3.4/chart");
    assertThat(chart.statusCode()).isEqualTo(200);
    assertThat(new String(chart.body(), StandardCharsets.UTF_8))
        .contains("\"name\":\"shown\"")
        .contains("\"version\":\"2.3.4\"")
        .contains("replicaCount: 1")
        .contains("# Shown")
        .contains("\"provenance\":false");
  }

  /**
   * cloudflare/serverless-registry PR#158, helm#11482: Helm's manifest has no media type inside.
   */
  @Test
  void theManifestIsKeptAsHelmWroteItAlthoughItNamesNoMediaType() throws Exception {
    Terminal terminal = loggedIn();
    terminal.run("helm create plain && helm package plain --version 0.1.0");
    terminal.run("helm push --plain-http plain-0.1.0.tgz oci://%s", image("charts"));

    HttpResponse<byte[]> manifest =
        http().get("/v2/" + RegistryServer.REGISTRY + "/charts/plain/manifests/0.1.0");
    assertThat(manifest.statusCode()).isEqualTo(200);
    assertThat(manifest.headers().firstValue("Content-Type"))
        .contains("application/vnd.oci.image.manifest.v1+json");
    assertThat(new String(manifest.body(), StandardCharsets.UTF_8))
        .startsWith(
            "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"application/vnd.cncf.helm.config.v1+json\"");
  }

  /**
   * helm#30987, #31567, #32144: the first request is a HEAD in a repository that is not there yet.
   */
  @Test
  void theNewestVersionInARangeIsFound() {
    Terminal terminal = loggedIn();
    terminal.run("helm create ranged");
    for (String version : new String[] {"1.0.0", "1.9.0", "1.10.0+build.7", "2.0.0"}) {
      terminal.run(
          "helm package ranged --version %s && helm push --plain-http ranged-%s.tgz oci://%s",
          version, version, image("charts"));
    }

    assertThat(
            terminal.run(
                "helm show chart --plain-http --version '^1.0.0' oci://%s", image("charts/ranged")))
        .contains("version: 1.10.0+build.7");
  }

  @Test
  void aWrongSecretIsRefusedAtLogin() {
    assertThat(
            newTerminal()
                .runAndLook(
                    "echo %s | helm registry login --plain-http %s -u %s --password-stdin",
                    WRONG.secret(), server().address(), WRONG.id())
                .failed()
                .text())
        .containsIgnoringCase("unauthorized");
  }

  @Test
  void pushingToARegistryThatDoesNotExistNamesIt() {
    Terminal terminal = loggedIn();
    terminal.run("helm create lost && helm package lost --version 1.0.0");

    assertThat(
            terminal
                .runAndLook(
                    "helm push --plain-http lost-1.0.0.tgz oci://%s/%s",
                    server().address(), ABSENT_REGISTRY)
                .failed()
                .text())
        .containsPattern(ABSENT_REGISTRY_MESSAGE);
  }

  private Terminal loggedIn() {
    Terminal terminal = newTerminal();
    assertThat(
            terminal
                .runAndLook(
                    "echo %s | helm registry login --plain-http %s -u %s --password-stdin",
                    KEY.secret(), server().address(), KEY.id())
                .succeeded()
                .text())
        .contains("Login Succeeded");
    return terminal;
  }
}
