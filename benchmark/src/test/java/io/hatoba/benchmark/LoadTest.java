package io.hatoba.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.hatoba.oci.Digest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The loads against a server that takes pushes, checks their digests and forgets their bytes. */
class LoadTest {
  private final Set<String> stored = ConcurrentHashMap.newKeySet();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private HttpServer server;
  private Peer peer;
  private volatile boolean full;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v2/", this::handle);
    server.setExecutor(threads);
    server.start();
    peer =
        new Peer(
            "fake",
            URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
            new ProcessBuilder("true").start(),
            Optional.empty());
  }

  @AfterEach
  void stop() {
    server.stop(0);
    threads.close();
  }

  @Test
  void artifactsAreUniqueAndWhole() throws Exception {
    Sample sample = new ArtifactLoad(4, Duration.ofMillis(200)).run(peer, 1, false);

    assertThat(sample.errors()).isZero();
    assertThat(sample.value()).isPositive();
    long manifests = stored.stream().filter(path -> path.contains("/manifests/")).count();
    long blobs = stored.stream().filter(path -> path.contains("sha256:")).count();
    assertThat(manifests).isPositive();
    assertThat(blobs).isEqualTo(2 * manifests);
    assertThat(stored).anyMatch(path -> path.startsWith("/v2/bench/own-1-3/manifests/c3-"));
  }

  @Test
  void refusedPushesAreCountedAsErrors() throws Exception {
    full = true;
    assertThat(new ArtifactLoad(2, Duration.ofMillis(50)).run(peer, 1, true).errors()).isPositive();
    assertThat(new BlobLoad(2, 1).run(peer, 2).errors()).isEqualTo(2);
  }

  @Test
  void largeBlobsDifferFromRoundToRound() throws Exception {
    BlobLoad load = new BlobLoad(2, 1);
    assertThat(load.run(peer, 2).errors()).isZero();
    assertThat(load.run(peer, 2).errors()).isZero();
    assertThat(stored).hasSize(4);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String path = exchange.getRequestURI().getPath();
      Optional<String> query = Optional.ofNullable(exchange.getRequestURI().getQuery());
      if (full) {
        byte[] error = {'{', '}'};
        exchange.sendResponseHeaders(503, 0); // chunked
        exchange.getResponseBody().write(error);
        return;
      }
      if (exchange.getRequestMethod().equals("POST")) {
        exchange.getResponseHeaders().add("Location", "http://127.0.0.1" + path + "u?state=1");
        exchange.sendResponseHeaders(202, -1);
        return;
      }
      boolean good = query.map(q -> q.equals("state=1&digest=" + Digest.sha256(body))).orElse(true);
      String name = query.map(q -> path + "?" + q).orElse(path);
      exchange.sendResponseHeaders(good && stored.add(name) ? 201 : 400, -1);
    }
  }
}
