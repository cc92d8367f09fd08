package io.hatoba.acceptance.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.hatoba.acceptance.RegistryServer;
import io.hatoba.acceptance.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.xml.sax.SAXException;

/**
 * The program judges, and this test judges the program: errors in its configuration or set-up end
 * with exit code 0 and a report that looks clean, so that the report itself is read. It stays in
 * {@code acceptance/target/conformance}.
 */
@Tag("conformance")
class ConformanceTest {

  /** Every switch that version {@code dev} leaves off, or may leave off one day. */
  private static final List<String> SWITCHES =
      List.of(
          "API_PING",
          "API_PULL",
          "API_PUSH",
          "API_BLOBS_ATOMIC",
          "API_BLOBS_DELETE",
          "API_BLOBS_DIGEST_HEADER",
          "API_BLOBS_MOUNT_ANONYMOUS",
          "API_BLOBS_UPLOAD_CANCEL",
          "API_MANIFESTS_ATOMIC",
          "API_MANIFESTS_DELETE",
          "API_MANIFESTS_DIGEST_HEADER",
          "API_MANIFESTS_TAG_PARAM",
          "API_TAGS_ATOMIC",
          "API_TAGS_DELETE",
          "API_TAGS_LIST",
          "API_REFERRER",
          "DATA_IMAGE",
          "DATA_INDEX",
          "DATA_INDEX_LIST",
          "DATA_SPARSE",
          "DATA_ARTIFACT",
          "DATA_SUBJECT",
          "DATA_SUBJECT_MISSING",
          "DATA_ARTIFACT_LIST",
          "DATA_SUBJECT_LIST",
          "DATA_DATA_FIELD",
          "DATA_NONDISTRIBUTABLE",
          "DATA_CUSTOM_FIELDS",
          "DATA_NO_LAYERS",
          "DATA_EMPTY_BLOB",
          "DATA_SHA512");

  @TempDir private Path folder;

  @Test
  void everyTestOfTheOfficialProgramPassesAndNoneIsSkipped() throws Exception {
    Path report = Files.createDirectories(Path.of("target", "conformance")).toAbsolutePath();
    Files.deleteIfExists(report.resolve("results.yaml"));
    Files.deleteIfExists(report.resolve("junit.xml"));
    Terminal.Ran ran;
    // Images with missing layers are refused unless this is set; the program's sparse data has one.
    try (RegistryServer server =
        RegistryServer.on(folder.resolve("data")).with("HATOBA_CONTENT_SPARSE_IMAGE", "true")) {
      server.start();
      Terminal terminal = new Terminal(folder.resolve("home"));
      SWITCHES.forEach(name -> terminal.with("OCI_" + name, "true"));
      ran =
          terminal
              .with("OCI_VERSION", "dev")
              .with("OCI_REGISTRY", server.address())
              .with("OCI_TLS", "disabled")
              .with("OCI_REPO1", RegistryServer.REGISTRY + "/conformance/one")
              .with("OCI_REPO2", RegistryServer.REGISTRY + "/conformance/two")
              .with("OCI_USERNAME", RegistryServer.KEY.id())
              .with("OCI_PASSWORD", RegistryServer.KEY.secret())
              .with("OCI_RESULTS_DIR", report.toString())
              .runAndLook("conformance");
    }

    assertThat(report.resolve("results.yaml")).as(ran.text()).exists();
    JsonNode results = new YAMLMapper().readTree(report.resolve("results.yaml").toFile());
    assertThat(results.at("/config/version").asText()).isEqualTo("dev");
    assertThat(switchedOff(results.at("/config/apis"), "apis")).isEmpty();
    assertThat(switchedOff(results.at("/config/data"), "data")).isEmpty();
    assertThat(notPassed(results.get("apis"), 28)).as(ran.output()).isEmpty();
    assertThat(notPassed(results.get("data"), 24)).as(ran.output()).isEmpty();
    Map<String, Integer> counts = counts(report.resolve("junit.xml"));
    assertThat(counts)
        .containsEntry("failures", 0)
        .containsEntry("errors", 0)
        .containsEntry("skipped", 0)
        .containsEntry("disabled", 0);
    assertThat(counts.get("tests")).isGreaterThan(1_000);
    assertThat(ran.exit()).as(ran.text()).isZero();
    System.out.printf("conformance: %s%n", counts);
  }

  private static Map<String, Boolean> switchedOff(JsonNode switches, String path) {
    Map<String, Boolean> off = new TreeMap<>();
    assertThat(switches.isObject()).as(path).isTrue();
    switches
        .properties()
        .forEach(
            entry -> {
              String name = path + "/" + entry.getKey();
              if (entry.getValue().isObject()) {
                off.putAll(switchedOff(entry.getValue(), name));
              } else if (!entry.getValue().asBoolean()) {
                off.put(name, false);
              }
            });
    return off;
  }

  private static Map<String, String> notPassed(JsonNode statuses, int atLeast) {
    assertThat(statuses.size()).isGreaterThanOrEqualTo(atLeast);
    Map<String, String> others = new TreeMap<>();
    statuses
        .properties()
        .forEach(
            entry -> {
              if (!entry.getValue().asText().equals("Pass")) {
                others.put(entry.getKey(), entry.getValue().asText());
              }
            });
    return others;
  }

  private static Map<String, Integer> counts(Path junit)
      throws IOException, ParserConfigurationException, SAXException {
    Element suites =
        DocumentBuilderFactory.newDefaultInstance()
            .newDocumentBuilder()
            .parse(junit.toFile())
            .getDocumentElement();
    Map<String, Integer> counts = new TreeMap<>();
    for (String name : List.of("tests", "failures", "errors", "skipped", "disabled")) {
      // A count of zero is left out.
      String value = suites.getAttribute(name);
      counts.put(name, value.isEmpty() ? 0 : Integer.parseInt(value));
    }
    return counts;
  }
}
