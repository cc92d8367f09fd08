package io.hatoba.server.image;

import static io.hatoba.server.rest.TestServer.admin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import io.hatoba.oci.Digest;
import io.hatoba.oci.MediaTypes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;

/** What an artifact is made of and has to do with others, over the management API. */
abstract class ArtifactApiContract {
  private static final String CONFIG =
      """
      {"os":"linux","architecture":"arm64","variant":"v8","created":"2026-01-02T03:04:05Z",
       "config":{"Env":["A=1"],"Labels":{"org.opencontainers.image.description":"An app"},"Cmd":["run"]},
       "history":[{"created_by":"COPY all"},{"created_by":"ENV A=1","empty_layer":true}]}
      """;

  @Test
  void theManifestIsShownByteForByte() {
    Pushed pushed = new Pushed();
    String digest = pushed.imageWith("app", CONFIG, "v1");
    byte[] manifest =
        admin()
            .get(pushed.path("app") + "/artifacts/v1/manifest")
            .then()
            .statusCode(200)
            .contentType(startsWith(MediaTypes.OCI_MANIFEST))
            .header("Docker-Content-Digest", digest)
            .extract()
            .asByteArray();
    assertThat(Digest.sha256(manifest)).hasToString(digest);
  }

  @Test
  void theConfigOfAnImageIsShownWithItsLayers() {
    Pushed pushed = new Pushed();
    pushed.imageWith("app", CONFIG, "v1");
    String path = pushed.path("app") + "/artifacts/v1";
    admin()
        .get(path + "/config")
        .then()
        .statusCode(200)
        .body("architecture", equalTo("arm64"))
        .body("env", equalTo(List.of("A=1")))
        .body("cmd", equalTo(List.of("run")))
        .body("user", nullValue())
        .body("labels", equalTo(Map.of("org.opencontainers.image.description", "An app")))
        .body("history", hasSize(2))
        .body("history[1].emptyLayer", equalTo(true));
    admin()
        .get(path + "/layers")
        .then()
        .statusCode(200)
        .body("items", hasSize(1))
        .body("items[0].command", equalTo("COPY all"))
        .body("items[0].mediaType", equalTo(MediaTypes.OCI_LAYER));
    admin().get(path + "/chart").then().statusCode(404).body("code", equalTo("BLOB_UNKNOWN"));
  }

  @Test
  void aConfigThatIsNoneIsSaid() {
    Pushed pushed = new Pushed();
    pushed.imageWith("app", "not json", "v1");
    String path = pushed.path("app") + "/artifacts/v1";
    admin().get(path + "/config").then().statusCode(404).body("detail", containsString("no JSON"));
    admin().get(path).then().statusCode(200).body("platforms", equalTo(List.of()));
  }

  @Test
  void theReadmeOfAnArtifactIsWhatSomebodyWrote() {
    Pushed pushed = new Pushed();
    pushed.imageWith("app", CONFIG, "v1");
    pushed.image("app", "x", "amd64", "v2");
    String path = pushed.path("app") + "/artifacts/";
    admin()
        .get(path + "v1/readme")
        .then()
        .statusCode(200)
        .body("source", equalTo("description"))
        .body("markdown", equalTo("An app"));
    admin().get(path + "v2/readme").then().statusCode(404);
    admin().body(Map.of("readme", "# App")).patch(pushed.path("app")).then().statusCode(200);
    admin()
        .get(path + "v2/readme")
        .then()
        .statusCode(200)
        .body("source", equalTo("image"))
        .body("markdown", equalTo("# App"));
  }

  @Test
  void aHelmChartIsShown() throws IOException {
    Pushed pushed = new Pushed();
    pushed.manifest("charts/web", MediaTypes.OCI_MANIFEST, chart(pushed, archive()), "1.2.3");
    String path = pushed.path("charts/web") + "/artifacts/1.2.3";
    admin()
        .get(path + "/chart")
        .then()
        .statusCode(200)
        .body("metadata.name", equalTo("web"))
        .body("metadata.version", equalTo("1.2.3"))
        .body("dependencies[0].name", equalTo("db"))
        .body("values", equalTo("replicas: 1\n"))
        .body("readme", equalTo("# Web\n"))
        .body("provenance", equalTo(true));
    admin().get(path).then().body("type", equalTo("helm-chart"));
    admin().get(path + "/readme").then().body("source", equalTo("chart"));
    admin().get(path + "/config").then().statusCode(404);
    admin().get(path + "/layers").then().body("items", hasSize(2));
  }

  @Test
  void aChartThatCannotBeReadIsSaid() {
    Pushed pushed = new Pushed();
    pushed.manifest(
        "charts/web",
        MediaTypes.OCI_MANIFEST,
        chart(pushed, "no archive".getBytes(StandardCharsets.UTF_8)),
        "1.2.3");
    admin()
        .get(pushed.path("charts/web") + "/artifacts/1.2.3/chart")
        .then()
        .statusCode(404)
        .body("detail", containsString("cannot be read"));
  }

  @Test
  void anIndexUnfoldsItsChildrenAndReferrersStandUnderTheirSubject() {
    Pushed pushed = new Pushed();
    String amd = pushed.image("app", "a", "amd64");
    String arm = pushed.image("app", "b", "arm64");
    String index =
        pushed.index("app", List.of(Pushed.child(arm, "arm64"), Pushed.child(amd, "amd64")), "v1");
    String sbom = pushed.referrer("app", index, "application/spdx+json");
    String signature =
        pushed.referrer("app", index, "application/vnd.dev.cosign.artifact.sig.v1+json");
    String path = pushed.path("app") + "/artifacts/v1";
    assertThat(Pushed.all(path + "/children", Map.of(), "digest", 1)).containsExactly(arm, amd);
    assertThat(Pushed.all(path + "/children", Map.of(), "platform", 5))
        .containsExactly("linux/arm64", "linux/amd64");
    admin()
        .get(path + "/children")
        .then()
        .body("items.present", equalTo(List.of(true, true)))
        .body("items.type", equalTo(List.of("image", "image")));
    assertThat(Pushed.all(path + "/referrers", Map.of(), "digest", 1))
        .containsExactlyInAnyOrder(sbom, signature);
    assertThat(
            Pushed.all(
                path + "/referrers", Map.of("artifactType", "application/spdx+json"), "digest", 1))
        .containsExactly(sbom);
    assertThat(
            Pushed.all(
                pushed.path("app") + "/artifacts/" + arm + "/parents", Map.of(), "digest", 1))
        .containsExactly(index);
    assertThat(
            Pushed.all(
                pushed.path("app") + "/artifacts/" + arm + "/children", Map.of(), "digest", 1))
        .isEmpty();
    admin().get(path + "/config").then().statusCode(404);
    admin().get(path + "/layers").then().statusCode(404);
  }

  @Test
  void whatKeepsAnArtifactIsExplained() {
    Pushed pushed = new Pushed();
    String child = pushed.image("app", "a", "amd64", "a");
    String index = pushed.index("app", List.of(Pushed.child(child, "amd64")), "v1", "v2");
    String signature =
        pushed.referrer("app", index, "application/vnd.dev.cosign.artifact.sig.v1+json");
    String path = pushed.path("app") + "/artifacts/";
    admin()
        .get(path + child + "/explain")
        .then()
        .statusCode(200)
        .body("tags", equalTo(List.of("a")))
        .body("parents", equalTo(List.of(index)))
        .body("deletable", equalTo(false))
        .body("obstacle", containsString(index));
    admin()
        .get(path + "v1/explain")
        .then()
        .statusCode(200)
        .body("deletable", equalTo(true))
        .body("obstacle", nullValue())
        .body("deletedTags", equalTo(List.of("v1", "v2")))
        .body("deletedArtifacts", equalTo(List.of(signature)))
        .body("deletedArtifactCount", equalTo(1));
    admin()
        .get(path + signature + "/explain")
        .then()
        .body("subject.digest", equalTo(index))
        .body("subject.present", equalTo(true));
  }

  private static String chart(Pushed pushed, byte[] archive) {
    String image = "charts/web";
    return "{\"schemaVersion\":2,\"config\":%s,\"layers\":[%s,%s]}"
        .formatted(
            pushed.blob(
                image,
                "application/vnd.cncf.helm.config.v1+json",
                "{\"name\":\"web\"}".getBytes(StandardCharsets.UTF_8)),
            pushed.blob(image, "application/vnd.cncf.helm.chart.content.v1.tar+gzip", archive),
            pushed.blob(
                image,
                "application/vnd.cncf.helm.chart.provenance.v1.prov",
                "signed".getBytes(StandardCharsets.UTF_8)));
  }

  private static byte[] archive() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
      for (Map.Entry<String, String> file :
          Map.of(
                  "web/Chart.yaml",
                  "name: web\nversion: 1.2.3\ndependencies:\n- name: db\n  version: 1.0.0\n",
                  "web/values.yaml",
                  "replicas: 1\n",
                  "web/README.md",
                  "# Web\n")
              .entrySet()) {
        byte[] content = file.getValue().getBytes(StandardCharsets.UTF_8);
        TarArchiveEntry entry = new TarArchiveEntry(file.getKey());
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }
}
