package io.hatoba.benchmark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Starts servers, each in a folder of its own under the run's, and waits until they answer. */
final class PeerLauncher {
  /** The registry in which the run's repositories are. */
  static final String REGISTRY = "bench";

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Options options;

  PeerLauncher(Options options) {
    this.options = options;
  }

  /** Starts the server with this name. */
  Peer start(String name) throws IOException, InterruptedException {
    Path folder = Files.createDirectories(options.work().resolve(name));
    int port = freePort();
    Optional<Peer.Key> key =
        name.equals("hatoba") ? Optional.of(new Peer.Key("benchmark", random())) : Optional.empty();
    ProcessBuilder builder =
        switch (name) {
          case "hatoba" -> hatoba(folder, port, key.orElseThrow());
          case "distribution" -> distribution(folder, port);
          case "zot" -> zot(folder, port);
          case "nginx" -> nginx(folder, port);
          default -> throw new IllegalArgumentException("there is no server " + name);
        };
    Path log = folder.resolve("output.log");
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    Peer peer = new Peer(name, URI.create("http://127.0.0.1:" + port), builder.start(), key);
    awaitAnswer(peer, log);
    return peer;
  }

  /** The folder whose files nginx serves. */
  static Path documents(Options options) throws IOException {
    return Files.createDirectories(options.work().resolve("nginx").resolve("documents"));
  }

  private ProcessBuilder hatoba(Path folder, int port, Peer.Key key) {
    ProcessBuilder builder =
        new ProcessBuilder(options.checkout().resolve("script/server").toString());
    Map<String, String> environment = builder.environment();
    environment.put("HATOBA_PORT", Integer.toString(port));
    environment.put("HATOBA_DATA", folder.resolve("data").toAbsolutePath().toString());
    environment.put("HATOBA_BOOTSTRAP_ACCESS_KEY", key.id() + ":" + key.secret());
    environment.put("HATOBA_BOOTSTRAP_REGISTRY", REGISTRY);
    environment.put("HATOBA_ADMIN_PASSWORD", random());
    return builder;
  }

  private ProcessBuilder distribution(Path folder, int port) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("config.yml"),
            """
            version: 0.1
            log:
              level: error
              accesslog:
                disabled: true
            storage:
              cache:
                blobdescriptor: inmemory
              filesystem:
                rootdirectory: %s
              delete:
                enabled: true
            http:
              addr: 127.0.0.1:%d
              secret: benchmark
            """
                .formatted(folder.resolve("data").toAbsolutePath(), port));
    ProcessBuilder builder =
        new ProcessBuilder(options.distribution().toString(), "serve", file.toString());
    // Otherwise it looks for a collector.
    builder.environment().put("OTEL_TRACES_EXPORTER", "none");
    return builder;
  }

  private ProcessBuilder zot(Path folder, int port) throws IOException {
    Path program =
        options.zot().orElseThrow(() -> new IllegalArgumentException("ZOT_BIN names no zot"));
    Path file =
        Files.writeString(
            folder.resolve("config.json"),
            """
            {"distSpecVersion": "1.1.0",
             "storage": {"rootDirectory": "%s", "commit": true, "gc": false},
             "http": {"address": "127.0.0.1", "port": "%d"},
             "log": {"level": "error"}}
            """
                .formatted(folder.resolve("data").toAbsolutePath(), port));
    return new ProcessBuilder(program.toString(), "serve", file.toString());
  }

  private ProcessBuilder nginx(Path folder, int port) throws IOException {
    Path absolute = folder.toAbsolutePath();
    // As root the workers would become another user, who may not read the checkout.
    String user = System.getProperty("user.name", "").equals("root") ? "user root;" : "";
    Path file =
        Files.writeString(
            folder.resolve("nginx.conf"),
            """
            %s
            daemon off;
            worker_processes auto;
            pid %s/nginx.pid;
            error_log %s/error.log;
            events { worker_connections 1024; }
            http {
              access_log off;
              sendfile on;
              tcp_nopush on;
              keepalive_requests 1000000000;
              default_type application/octet-stream;
              client_body_temp_path %s/temp;
              proxy_temp_path %s/temp;
              fastcgi_temp_path %s/temp;
              uwsgi_temp_path %s/temp;
              scgi_temp_path %s/temp;
              server { listen 127.0.0.1:%d; root %s; }
            }
            """
                .formatted(
                    user,
                    absolute,
                    absolute,
                    absolute,
                    absolute,
                    absolute,
                    absolute,
                    absolute,
                    port,
                    documents(options).toAbsolutePath()));
    String program = Files.exists(Path.of("/usr/sbin/nginx")) ? "/usr/sbin/nginx" : "nginx";
    return new ProcessBuilder(
        program, "-e", absolute + "/error.log", "-c", file.toAbsolutePath().toString());
  }

  private static void awaitAnswer(Peer peer, Path log) throws IOException, InterruptedException {
    URI probe = peer.origin().resolve(peer.isRegistry() ? "/v2/" : "/");
    long end = System.nanoTime() + PATIENCE.toNanos();
    try (HttpClient http = HttpClient.newHttpClient()) {
      while (System.nanoTime() < end && peer.process().isAlive()) {
        try {
          http.send(HttpRequest.newBuilder(probe).build(), HttpResponse.BodyHandlers.discarding());
          return;
        } catch (IOException e) {
          // Not listening yet: look again soon, or notice its end at once.
          if (peer.process().waitFor(100, TimeUnit.MILLISECONDS)) {
            break;
          }
        }
      }
    }
    peer.stop();
    List<String> lines = Files.readAllLines(log);
    throw new IOException(
        peer.name()
            + " did not start:\n"
            + String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size())));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static String random() {
    byte[] bytes = new byte[20];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
