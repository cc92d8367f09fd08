package io.hatoba.server.distribution;

import static io.hatoba.server.distribution.UploadProtocolTest.bytes;
import static io.hatoba.server.distribution.UploadProtocolTest.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hatoba.oci.Digest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RawProtocolTest {
  private static final String START = "/v2/team/app/blobs/uploads/";

  @TempDir static Path folder;
  private static RegistryFixture registry;
  private static Digest blob;

  @BeforeAll
  static void start() {
    registry = RegistryFixture.start(folder);
    blob = registry.pushBlob("team/app", utf8("hello"));
  }

  @AfterAll
  static void stop() {
    registry.close();
  }

  @Test
  void anOldClientIsAnsweredWithAStatedLength() throws IOException {
    String answer =
        registry.raw(
            "GET /v2/team/app/blobs/%s HTTP/1.0\r\nAuthorization: %s\r\n\r\n"
                .formatted(blob, registry.admin()));
    assertThat(answer)
        .startsWith("HTTP/1.0 200")
        .containsIgnoringCase("content-length: 5")
        .endsWith("hello");
  }

  @Test
  void anAbsoluteRequestLineIsUnderstood() throws IOException {
    String answer =
        registry.raw(
            "GET http://registry.example/v2/team/app/blobs/%s HTTP/1.1\r\nHost: registry.example\r\nAuthorization: %s\r\nConnection: close\r\n\r\n"
                .formatted(blob, registry.admin()));
    assertThat(answer).contains(" 200 ").endsWith("hello");
  }

  @Test
  void theRealmFollowsTheHostThatTheClientUsed() throws IOException {
    String answer =
        registry.raw("GET /v2/ HTTP/1.1\r\nhost: hub.example:8443\r\nconnection: close\r\n\r\n");
    assertThat(answer).contains(" 401 ").contains("realm=\"http://hub.example:8443/token\"");
  }

  @Test
  void aRequestThatStatesTwoLengthsIsRefused() throws IOException {
    String answer =
        registry.raw(
            "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n"
                .formatted(START, registry.admin()));
    assertThat(answer).startsWith("HTTP/1.1 400");
  }

  @Test
  void aPathThatCannotBeDecodedIsRefused() throws IOException {
    String answer =
        registry.raw(
            "GET /v2/a%%zz/tags/list HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".formatted());
    assertThat(answer).startsWith("HTTP/1.1 400").contains("REQUEST_INVALID");
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() throws IOException {
    String one =
        "GET /v2/team/app/blobs/%s HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n"
            .formatted(blob, registry.admin());
    String two = "GET /v2/nothing/here HTTP/1.1\r\nHost: x\r\n";
    String answer = registry.raw(one + "\r\n" + two + "\r\n" + one + "Connection: close\r\n\r\n");
    assertThat(answer.split("HTTP/1.1 ", -1))
        .satisfiesExactly(
            before -> assertThat(before).isEmpty(),
            first -> assertThat(first).startsWith("200").endsWith("hello"),
            second -> assertThat(second).startsWith("404").contains("errors"),
            third -> assertThat(third).startsWith("200").endsWith("hello"));
  }

  @Test
  void theClientIsToldToGoOnOnlyWhenItMay() throws IOException {
    byte[] content = utf8("expected");
    String expecting =
        "POST %s?digest=%s HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\nExpect: 100-continue\r\n"
            .formatted(START, Digest.sha256(content));
    try (Socket socket = connect()) {
      write(socket, expecting + "Authorization: " + registry.admin() + "\r\n\r\n");
      BufferedReader answer = reader(socket);
      assertThat(answer.readLine()).isEqualTo("HTTP/1.1 100 Continue");
      write(socket, "expected");
      assertThat(answer.readLine()).isEmpty();
      assertThat(answer.readLine()).isEqualTo("HTTP/1.1 201 Created");
    }
    String refused = registry.raw(expecting + "\r\n");
    assertThat(refused)
        .startsWith("HTTP/1.1 401")
        .containsIgnoringCase("connection: close")
        .doesNotContain("100 Continue");
  }

  @Test
  @DisplayName("swift-container-plugin PR#30: a refusal in the middle of a body reaches the client")
  void aClientThatSendsReadsItsRefusal() throws IOException {
    String head =
        "PATCH /v2/team/app/blobs/uploads/x HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n";
    try (Socket socket = connect()) {
      write(socket, head.formatted(500_000));
      socket.getOutputStream().write(bytes(500_000, 1));
      BufferedReader answer = reader(socket);
      assertThat(answer.readLine()).isEqualTo("HTTP/1.1 401 Unauthorized");
    }
    try (Socket socket = connect()) {
      write(socket, head.formatted(1_000_000_000L));
      socket.getOutputStream().write(bytes(100_000, 1));
      BufferedReader answer = reader(socket);
      assertThat(answer.readLine()).isEqualTo("HTTP/1.1 401 Unauthorized");
      assertThat(answer.lines().takeWhile(line -> !line.isEmpty()))
          .anyMatch(line -> line.equalsIgnoreCase("connection: close"));
      assertThat(sendsUntilClosed(socket)).isTrue();
    }
  }

  @Test
  void theConnectionLivesOnAfterAShortRefusedBody() throws IOException {
    String answer =
        registry.raw(
            ("PUT /v2/team/app/manifests/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
                    + "GET /v2/team/app/blobs/%s HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nConnection: close\r\n\r\n")
                .formatted(blob, registry.admin()));
    assertThat(answer).startsWith("HTTP/1.1 401").contains("HTTP/1.1 200").endsWith("hello");
  }

  @Test
  void aServerThatStopsEndsEachConnectionWithItsAnswer(@TempDir Path other) throws IOException {
    try (RegistryFixture stopping = RegistryFixture.start(other)) {
      stopping.beginToStop();
      for (String line : List.of("GET /v2/", "GET /v2/team/app/tags/list", "GET /token")) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), stopping.port())) {
          write(
              socket,
              "%s HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n\r\n"
                  .formatted(line, stopping.admin()));
          BufferedReader answer = reader(socket);
          assertThat(answer.readLine()).startsWith("HTTP/1.1 ");
          assertThat(answer.lines().takeWhile(header -> !header.isEmpty()))
              .filteredOn(header -> header.toLowerCase(Locale.ROOT).startsWith("connection:"))
              .singleElement()
              .asString()
              .isEqualToIgnoringCase("connection: close");
        }
      }
    }
  }

  @Test
  @DisplayName("jib#3409: a body that breaks off is kept up to there, and the upload goes on")
  void aBrokenBodyIsKeptAndTheUploadGoesOn() throws IOException {
    String location = location(registry);
    byte[] content = bytes(500_000, 2);
    try (Socket socket = connect()) {
      write(
          socket,
          "PATCH %s HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Length: 500000\r\nExpect: 100-continue\r\n\r\n"
              .formatted(location, registry.admin()));
      assertThat(reader(socket).readLine()).isEqualTo("HTTP/1.1 100 Continue");
      socket.getOutputStream().write(content, 0, 300_000);
      socket.getOutputStream().flush();
    }
    await().atMost(Duration.ofSeconds(30)).until(() -> received(registry, location) > 0);
    int received = received(registry, location);
    assertThat(received).isBetween(1, 300_000);
    byte[] rest = Arrays.copyOfRange(content, received, content.length);
    assertThat(
            registry.send("PUT", location + "?digest=" + Digest.sha256(content), rest).statusCode())
        .isEqualTo(201);
  }

  @Test
  void tooManyUploadsAtOnceAreToldToComeBack(@TempDir Path other) throws IOException {
    try (RegistryFixture limited =
        RegistryFixture.start(other, Map.of("hatoba.distribution.max-concurrent-uploads", "1"))) {
      String location = location(limited);
      String second = location(limited);
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), limited.port())) {
        write(
            socket,
            "PATCH %s HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
                .formatted(location, limited.admin()));
        BufferedReader answer = reader(socket);
        assertThat(answer.readLine()).isEqualTo("HTTP/1.1 100 Continue");
        var refused = limited.send("PATCH", second, utf8("second"));
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(RegistryFixture.header(refused, "Retry-After")).matches("[1-9][0-9]*");
        assertThat(RegistryFixture.text(refused)).contains("TOOMANYREQUESTS");
        write(socket, "first");
        assertThat(answer.readLine()).isEmpty();
        assertThat(answer.readLine()).isEqualTo("HTTP/1.1 202 Accepted");
      }
      assertThat(limited.send("PATCH", second, utf8("second")).statusCode()).isEqualTo(202);
    }
  }

  private static int received(RegistryFixture target, String location) {
    String range = RegistryFixture.header(target.send("GET", location), "Range");
    int last = Integer.parseInt(range.substring(2));
    return last == 0 ? 0 : last + 1;
  }

  private static String location(RegistryFixture target) {
    return RegistryFixture.header(target.send("POST", START), "Location");
  }

  private static Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), registry.port());
    socket.setSoTimeout(30_000);
    return socket;
  }

  private static void write(Socket socket, String text) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  private static BufferedReader reader(Socket socket) throws IOException {
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
  }

  /** Whether the server ends a connection that goes on sending what nobody wants. */
  private static boolean sendsUntilClosed(Socket socket) throws IOException {
    byte[] piece = bytes(64 * 1024, 3);
    for (int i = 0; i < 1000; i++) {
      try {
        socket.getOutputStream().write(piece);
      } catch (SocketException closed) {
        return true;
      }
    }
    return false;
  }
}
