package io.hatoba.acceptance.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hatoba.acceptance.Content;
import io.hatoba.acceptance.RegistryHttp;
import io.hatoba.acceptance.RegistryServer;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** One server for all tests of a class; each test uses repositories of its own. */
@Tag("acceptance")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ProtocolScenario {

  static final String IMAGE = "application/vnd.oci.image.manifest.v1+json";
  static final byte[] NOTHING = new byte[0];

  private static final ObjectMapper JSON = new ObjectMapper();

  private RegistryServer server;
  private RegistryHttp http;

  @BeforeAll
  void startServer(@TempDir Path folder) {
    server = RegistryServer.startedOn(folder.resolve("data"));
    http = new RegistryHttp(server);
  }

  @AfterAll
  void stopServer() {
    http.close();
    server.close();
  }

  RegistryServer server() {
    return server;
  }

  RegistryHttp http() {
    return http;
  }

  static String repository(String name) {
    return RegistryServer.REGISTRY + "/" + name;
  }

  /**
   * An image without layers: a config of two bytes, pushed here, and some text that makes it
   * unique.
   */
  byte[] newImage(String repository, String text) throws IOException {
    byte[] config = "{}".getBytes(StandardCharsets.UTF_8);
    assertStatus(201, http.pushBlob(repository, config));
    return """
    {"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"%s","size":2},"layers":[],"annotations":{"text":"%s"}}"""
        .formatted(IMAGE, Content.digest(config), text)
        .getBytes(StandardCharsets.UTF_8);
  }

  /** An image of its own under a tag; answers its bytes. */
  byte[] pushImage(String repository, String tag, String text) throws IOException {
    byte[] image = newImage(repository, text);
    assertStatus(201, http.pushManifest(repository, tag, image, IMAGE));
    return image;
  }

  static HttpResponse<byte[]> assertStatus(int status, HttpResponse<byte[]> answer) {
    assertThat(answer.statusCode())
        .as(() -> answer + " " + new String(answer.body(), StandardCharsets.UTF_8))
        .isEqualTo(status);
    return answer;
  }

  static String header(HttpResponse<?> answer, String name) {
    return answer.headers().firstValue(name).orElse("absent");
  }

  static JsonNode json(HttpResponse<byte[]> answer) throws IOException {
    return JSON.readTree(answer.body());
  }
}
