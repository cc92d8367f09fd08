package io.hatoba.acceptance.durability;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.acceptance.Content;
import io.hatoba.acceptance.RegistryHttp;
import io.hatoba.acceptance.RegistryServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM: what is in flight is finished, and clients are sent away. */
@Tag("crash")
class StopTest {

  private static final String REPOSITORY = RegistryServer.REGISTRY + "/stop";

  @TempDir private Path folder;

  @Test
  void anUploadInFlightIsFinishedBeforeTheServerStops() throws Exception {
    byte[] bytes = Content.random(61, 2_000_000);
    try (RegistryServer server = RegistryServer.startedOn(folder.resolve("data"));
        RegistryHttp http = new RegistryHttp(server)) {
      String location = RegistryHttp.location(http.openUpload(REPOSITORY));
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
        OutputStream out = socket.getOutputStream();
        out.write(
            """
            PUT %s HTTP/1.1\r
            Host: %s\r
            Authorization: %s\r
            Content-Length: %d\r
            Expect: 100-continue\r
            Connection: close\r
            \r
            """
                .formatted(
                    RegistryHttp.with(location, "digest=" + Content.digest(bytes)),
                    server.address(),
                    RegistryServer.KEY.basic(),
                    bytes.length)
                .getBytes(US_ASCII));
        // The server has begun with it; what arrives after the signal might be new.
        assertThat(line(socket.getInputStream())).startsWith("HTTP/1.1 100 ");
        assertThat(line(socket.getInputStream())).isEmpty();
        out.write(bytes, 0, 1_000_000);

        Process stopping = server.terminate();
        Awaitility.await("the server is stopping")
            .atMost(Duration.ofSeconds(30))
            .until(() -> isStopping(http));
        assertThat(stopping.isAlive()).isTrue();
        out.write(bytes, 1_000_000, 1_000_000);
        out.flush();
        String answer = new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
        assertThat(answer).startsWith("HTTP/1.1 201 ");
      }
      server.stop();

      server.start();
      assertThat(http.get("/v2/" + REPOSITORY + "/blobs/" + Content.digest(bytes)).body())
          .isEqualTo(bytes);
    }
  }

  @Test
  void aServerWithNothingToDoStopsAndEndsWellBehaved() throws Exception {
    try (RegistryServer server = RegistryServer.startedOn(folder.resolve("data"))) {
      Process stopping = server.terminate();

      assertThat(stopping.waitFor()).isIn(0, 143);
    }
  }

  /** A server that stops ends each connection with the answer, so that clients go elsewhere. */
  private static boolean isStopping(RegistryHttp http) {
    try {
      return http.get("/v2/").headers().firstValue("Connection").equals(Optional.of("close"));
    } catch (IOException e) {
      return true; // It does not listen any more.
    }
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }
}
