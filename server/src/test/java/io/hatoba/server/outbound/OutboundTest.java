package io.hatoba.server.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.hatoba.server.startup.StartupException;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutboundTest {
  private static Vertx vertx = Vertx.vertx();

  private final List<AutoCloseable> opened = new CopyOnWriteArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stop() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
  }

  @Test
  void anAllowedAddressIsAsked() throws IOException {
    int port = serve(exchange -> answer(exchange, 200, "hello"));
    Reply reply =
        outbound(TestOutboundConfig.loopback(port))
            .send(get("http://127.0.0.1:" + port + "/a%2Fb?c=d"));
    assertThat(reply)
        .isInstanceOfSatisfying(
            Reply.Answered.class,
            answered -> {
              assertThat(answered.status()).isEqualTo(200);
              assertThat(answered.body()).isEqualTo("hello");
            });
    assertThat(requests).containsExactly("GET /a%2Fb?c=d 127.0.0.1:" + port);
  }

  @Test
  void aFormIsSentWithItsHeaders() throws IOException {
    List<String> seen = new CopyOnWriteArrayList<>();
    int port =
        serve(
            exchange -> {
              seen.add(exchange.getRequestHeaders().getFirst("Authorization"));
              seen.add(
                  new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
              answer(exchange, 200, "");
            });
    outbound(TestOutboundConfig.loopback(port))
        .send(
            Call.form(
                URI.create("http://127.0.0.1:" + port),
                Map.of("Authorization", "Basic x"),
                "a=1&b=ä"));
    assertThat(seen).containsExactly("Basic x", "a=1&b=ä");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.0.0.1:%d/", "http://localhost:%d/", "http://localhost.:%d/",
        "http://[::1]:%d/", "http://[::ffff:127.0.0.1]:%d/", "http://2130706433:%d/",
        "http://0.0.0.0:%d/", "http://[::]:%d/"
      })
  void loopbackIsRefusedByEveryName(String address) throws IOException {
    int port = serve(exchange -> answer(exchange, 200, "secret"));
    Reply reply =
        outbound(TestOutboundConfig.loopback(port).withNetworks())
            .send(get(address.formatted(port)));
    assertThat(reply).isNotInstanceOf(Reply.Answered.class);
    assertThat(requests).isEmpty();
  }

  @Test
  void aNameThatResolvesToLoopbackIsRefusedAndTheSettingNamed() throws IOException {
    int port = serve(exchange -> answer(exchange, 200, "secret"));
    Reply reply =
        outbound(TestOutboundConfig.loopback(port).withNetworks(), "127.0.0.1")
            .send(get("http://idp.example.com:" + port));
    assertThat(reply)
        .isInstanceOfSatisfying(
            Reply.Forbidden.class,
            refused -> assertThat(refused.reason()).contains("hatoba.outbound.allowed-networks"));
    assertThat(requests).isEmpty();
  }

  @Test
  void theConnectionGoesToTheAddressThatWasCheckedAndKeepsTheName() throws IOException {
    int port = serve(exchange -> answer(exchange, 200, "yes"));
    AtomicInteger lookups = new AtomicInteger();
    Outbound outbound =
        keep(
            new Outbound(
                TestOutboundConfig.loopback(port),
                vertx,
                host -> {
                  lookups.incrementAndGet();
                  return new InetAddress[] {
                    InetAddress.ofLiteral("10.0.0.1"), InetAddress.ofLiteral("127.0.0.1")
                  };
                }));
    assertThat(outbound.send(get("http://idp.example.com:" + port + "/x")))
        .isInstanceOf(Reply.Answered.class);
    assertThat(requests).containsExactly("GET /x idp.example.com:" + port);
    assertThat(lookups).hasValue(1);
  }

  @Test
  void theNextAddressIsAskedIfOneCannotBeConnectedTo() throws IOException {
    int port = serve(exchange -> answer(exchange, 200, "yes"));
    Reply reply =
        outbound(TestOutboundConfig.loopback(port), "127.9.9.9", "127.0.0.1")
            .send(get("http://idp.example.com:" + port));
    assertThat(reply).isInstanceOf(Reply.Answered.class);
  }

  @Test
  void aPortThatIsNotAllowedIsRefused() throws IOException {
    int port = serve(exchange -> answer(exchange, 200, "secret"));
    assertThat(outbound(TestOutboundConfig.loopback(443)).send(get("http://127.0.0.1:" + port)))
        .isInstanceOfSatisfying(
            Reply.Forbidden.class,
            refused -> assertThat(refused.reason()).contains("hatoba.outbound.allowed-ports"));
    assertThat(requests).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://example.com/",
        "file:///etc/passwd",
        "https:///x",
        "https://a:b@example.com/",
        "jar:https://example.com/",
        "https://exa_mple.com/",
        "relative"
      })
  void anAddressThatIsNoneIsRefused(String address) {
    assertThat(outbound(TestOutboundConfig.loopback(443), "8.8.8.8").send(get(address)))
        .isInstanceOf(Reply.Forbidden.class);
  }

  @Test
  void aRedirectIsFollowedAfterACheck() throws IOException {
    int port =
        serve(
            exchange -> {
              if (exchange.getRequestURI().getPath().equals("/from")) {
                exchange.getResponseHeaders().add("Location", "/to");
                answer(exchange, 302, "");
              } else {
                answer(exchange, 200, "there");
              }
            });
    assertThat(
            outbound(TestOutboundConfig.loopback(port))
                .send(get("http://127.0.0.1:" + port + "/from")))
        .isInstanceOfSatisfying(
            Reply.Answered.class, answered -> assertThat(answered.body()).isEqualTo("there"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://169.254.169.254/latest/meta-data", "http://[fd00:ec2::254]/", "ftp://x/"})
  void aRedirectToWhatMayNotBeAskedIsNotFollowed(String target) throws IOException {
    int port = redirecting(target);
    assertThat(
            outbound(TestOutboundConfig.loopback(port, 80)).send(get("http://127.0.0.1:" + port)))
        .isInstanceOf(Reply.Forbidden.class);
    assertThat(requests).hasSize(1);
  }

  @Test
  void redirectsInACircleEnd() throws IOException {
    int port = redirecting("/again");
    assertThat(outbound(TestOutboundConfig.loopback(port)).send(get("http://127.0.0.1:" + port)))
        .isInstanceOf(Reply.Failed.class);
    assertThat(requests).hasSize(4);
  }

  @Test
  void aFormDoesNotFollowARedirect() throws IOException {
    int port = redirecting("/elsewhere");
    Reply reply =
        outbound(TestOutboundConfig.loopback(port))
            .send(Call.form(URI.create("http://127.0.0.1:" + port), Map.of(), "secret=1"));
    assertThat(reply)
        .isInstanceOfSatisfying(
            Reply.Answered.class, answered -> assertThat(answered.status()).isEqualTo(302));
    assertThat(requests).hasSize(1);
  }

  @Test
  void aBodyAboveTheLimitIsAnError() throws IOException {
    int port = serve(exchange -> answer(exchange, 200, "x".repeat(1024 * 1024 + 1)));
    assertThat(outbound(TestOutboundConfig.loopback(port)).send(get("http://127.0.0.1:" + port)))
        .isInstanceOfSatisfying(
            Reply.Failed.class, failed -> assertThat(failed.reason()).contains("1048576 bytes"));
  }

  @Test
  void aBodyOfTheLimitIsTaken() throws IOException {
    int port = serve(exchange -> answer(exchange, 200, "x".repeat(1024 * 1024)));
    assertThat(outbound(TestOutboundConfig.loopback(port)).send(get("http://127.0.0.1:" + port)))
        .isInstanceOf(Reply.Answered.class);
  }

  @Test
  void anEndlessBodyEnds() throws IOException {
    int port =
        raw(
            out -> {
              out.write(ascii("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
              byte[] chunk = ascii("1000\r\n" + "x".repeat(0x1000) + "\r\n");
              while (true) {
                out.write(chunk);
              }
            });
    assertThat(outbound(TestOutboundConfig.loopback(port)).send(get("http://127.0.0.1:" + port)))
        .isInstanceOf(Reply.Failed.class);
  }

  @Test
  void aServerThatSaysNothingIsGivenUp() throws IOException {
    int port = raw(out -> {});
    assertThat(
            outbound(TestOutboundConfig.loopback(port).withTimeout(Duration.ofMillis(300)))
                .send(get("http://127.0.0.1:" + port)))
        .isInstanceOfSatisfying(
            Reply.Failed.class, failed -> assertThat(failed.reason()).contains("in time"));
  }

  @Test
  void headersWithoutEndAreAnError() throws IOException {
    int port =
        raw(
            out -> {
              out.write(ascii("HTTP/1.1 200 OK\r\n"));
              while (true) {
                out.write(ascii("X-More: " + "x".repeat(1000) + "\r\n"));
              }
            });
    assertThat(outbound(TestOutboundConfig.loopback(port)).send(get("http://127.0.0.1:" + port)))
        .isInstanceOf(Reply.Failed.class);
  }

  @Test
  void aBodyThatBreaksOffIsAnError() throws IOException {
    int port =
        raw(
            out -> {
              out.write(ascii("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
              out.close();
            });
    assertThat(outbound(TestOutboundConfig.loopback(port)).send(get("http://127.0.0.1:" + port)))
        .isInstanceOf(Reply.Failed.class);
  }

  @Test
  void nobodyThereIsAnError() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    assertThat(outbound(TestOutboundConfig.loopback(port)).send(get("http://127.0.0.1:" + port)))
        .isInstanceOf(Reply.Failed.class);
  }

  @Test
  void aCertificateIsVerifiedAndTheFileOfAuthoritiesAdded(@TempDir Path dir) throws Exception {
    int port = serveTls(dir, "idp.example.com");
    TestOutboundConfig config = TestOutboundConfig.loopback(port);
    assertThat(outbound(config, "127.0.0.1").send(get("https://idp.example.com:" + port)))
        .isInstanceOf(Reply.Failed.class);
    TestOutboundConfig trusting = config.withCaFile(dir.resolve("ca.pem"));
    assertThat(outbound(trusting, "127.0.0.1").send(get("https://idp.example.com:" + port)))
        .isInstanceOf(Reply.Answered.class);
    assertThat(outbound(trusting, "127.0.0.1").send(get("https://other.example.com:" + port)))
        .isInstanceOf(Reply.Failed.class);
  }

  @Test
  void aFileOfAuthoritiesThatIsNoneStopsTheStart(@TempDir Path dir) throws IOException {
    Path file = Files.writeString(dir.resolve("ca.pem"), "nothing");
    assertThatThrownBy(() -> outbound(TestOutboundConfig.loopback(443).withCaFile(file)))
        .isInstanceOf(StartupException.class)
        .hasMessageContaining("hatoba.outbound.ca-file");
  }

  @Test
  void aNetworkThatIsNoneStopsTheStart() {
    assertThatThrownBy(() -> outbound(TestOutboundConfig.loopback(443).withNetworks("10.0.0.0/99")))
        .isInstanceOf(StartupException.class)
        .hasMessageContaining("hatoba.outbound.allowed-networks");
  }

  private Outbound outbound(OutboundConfig config, String... addresses) {
    if (addresses.length == 0) {
      return keep(new Outbound(config, vertx));
    }
    return keep(
        new Outbound(
            config,
            vertx,
            host ->
                List.of(addresses).stream()
                    .map(InetAddress::ofLiteral)
                    .toArray(InetAddress[]::new)));
  }

  private Outbound keep(Outbound outbound) {
    opened.add(outbound);
    return outbound;
  }

  private static Call get(String address) {
    return new Call("GET", URI.create(address), Map.of(), Optional.empty(), 3);
  }

  private int redirecting(String target) throws IOException {
    return serve(
        exchange -> {
          exchange.getResponseHeaders().add("Location", target);
          answer(exchange, 302, "");
        });
  }

  private int serve(HttpHandler handler) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    return serve(server, handler);
  }

  private int serve(HttpServer server, HttpHandler handler) {
    server.createContext(
        "/",
        exchange -> {
          requests.add(
              exchange.getRequestMethod()
                  + " "
                  + exchange.getRequestURI()
                  + " "
                  + exchange.getRequestHeaders().getFirst("Host"));
          handler.handle(exchange);
        });
    server.start();
    opened.add(() -> server.stop(0));
    return server.getAddress().getPort();
  }

  /** A server with a certificate of its own for one name; {@code ca.pem} has it. */
  private int serveTls(Path dir, String name) throws Exception {
    Path store = dir.resolve("store.p12");
    keytool(
        "-genkeypair",
        "-alias",
        "it",
        "-keyalg",
        "EC",
        "-groupname",
        "secp256r1",
        "-dname",
        "CN=" + name,
        "-ext",
        "san=dns:" + name,
        "-keystore",
        store.toString(),
        "-storepass",
        "changeit",
        "-storetype",
        "PKCS12");
    keytool(
        "-exportcert",
        "-rfc",
        "-alias",
        "it",
        "-keystore",
        store.toString(),
        "-storepass",
        "changeit",
        "-file",
        dir.resolve("ca.pem").toString());
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, "changeit".toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, "changeit".toCharArray());
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(managers.getKeyManagers(), null, null);
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    return serve(server, exchange -> answer(exchange, 200, "private"));
  }

  private static void keytool(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
  }

  /** A server that says what it wants. */
  private int raw(Script script) throws IOException {
    ServerSocket socket = new ServerSocket(0, 10, InetAddress.ofLiteral("127.0.0.1"));
    ExecutorService thread = Executors.newVirtualThreadPerTaskExecutor();
    opened.add(thread::shutdownNow);
    opened.add(socket);
    var _ =
        thread.submit(
            () -> {
              var connection = socket.accept();
              opened.add(connection);
              script.run(connection.getOutputStream());
              return 0;
            });
    return socket.getLocalPort();
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    try (exchange) {
      byte[] bytes = ascii(body);
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private interface Script {
    void run(OutputStream out) throws IOException;
  }
}
