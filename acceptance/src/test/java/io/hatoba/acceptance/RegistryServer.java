package io.hatoba.acceptance;

import static java.util.concurrent.TimeUnit.MINUTES;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A server process on a folder and a port that stay the same from start to start.
 *
 * <p>It is started by {@code script/server}, as users do, with settings in the environment, and is
 * ready when {@code GET /v2/} answers 401. Its output of all starts is kept in one file under
 * {@code acceptance/target/servers}, which is named by every failure of this class.
 */
public final class RegistryServer implements AutoCloseable {

  /** The key that every server of these tests knows from its first start on. */
  public static final AccessKey KEY =
      new AccessKey("acceptance", "tHis1sOnlyForTests-0123456789abcdefABCDEF");

  /** The registry that every server of these tests has from its first start on. */
  public static final String REGISTRY = "harbour";

  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  private static final AtomicInteger STARTED = new AtomicInteger();

  private final Path data;
  private final int port;
  private final Path log;
  private final Map<String, String> settings = new LinkedHashMap<>();
  private final HttpClient probe =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private Optional<Process> process = Optional.empty();

  private RegistryServer(Path data) {
    this.data = data;
    this.port = freePort();
    this.log = newLog();
    settings.put("HATOBA_PORT", Integer.toString(port));
    settings.put("HATOBA_DATA", data.toString());
    settings.put("HATOBA_ADMIN_PASSWORD", "correct horse battery staple");
    settings.put("HATOBA_BOOTSTRAP_ACCESS_KEY", KEY.bootstrap());
    settings.put("HATOBA_BOOTSTRAP_REGISTRY", REGISTRY);
    Runtime.getRuntime().addShutdownHook(new Thread(this::kill));
  }

  /** A server that is not started yet. */
  public static RegistryServer on(Path data) {
    return new RegistryServer(data);
  }

  /** A running server. */
  public static RegistryServer startedOn(Path data) {
    RegistryServer server = on(data);
    server.start();
    return server;
  }

  /** Changes a setting for the next start. */
  public RegistryServer with(String name, String value) {
    settings.put(name, value);
    return this;
  }

  /** Starts the process and waits until it answers. */
  public void start() {
    Process started = launch();
    Awaitility.await("server is ready")
        .atMost(START_LIMIT)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> !started.isAlive() || answers());
    if (!started.isAlive()) {
      throw new AssertionError(
          "the server ended with %d: %s".formatted(started.exitValue(), report()));
    }
  }

  /** Starts the process, which must refuse its work and end by itself; answers what it wrote. */
  public Refusal startAndBeRefused() {
    long before = logSize();
    Process started = launch();
    Awaitility.await("server has ended").atMost(START_LIMIT).until(() -> !started.isAlive());
    try {
      byte[] all = Files.readAllBytes(log);
      String output =
          new String(
              all,
              (int) before,
              (int) (all.length - before),
              java.nio.charset.StandardCharsets.UTF_8);
      return new Refusal(started.exitValue(), output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Process launch() {
    if (process.filter(Process::isAlive).isPresent()) {
      throw new IllegalStateException("the server is already running");
    }
    // A session of its own, so that a signal to the tests does not reach the server before the
    // tests want it.
    ProcessBuilder builder =
        new ProcessBuilder("setsid", System.getProperty("hatoba.server"))
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .redirectErrorStream(true);
    builder.environment().putAll(settings);
    try {
      Process started = builder.start();
      process = Optional.of(started);
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean answers() {
    HttpRequest ping = HttpRequest.newBuilder(url("/v2/")).timeout(Duration.ofSeconds(10)).build();
    try {
      return probe.send(ping, HttpResponse.BodyHandlers.discarding()).statusCode() == 401;
    } catch (IOException e) {
      return false; // Nobody listens yet.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the server starts", e);
    }
  }

  /**
   * Ends every process of the server at once, as a power cut or the kernel's memory killer would.
   */
  public void kill() {
    process.ifPresent(
        parent -> {
          // The child first: a parent that still lives could otherwise notice and react.
          List<ProcessHandle> tree = new ArrayList<>(parent.descendants().toList());
          tree.add(parent.toHandle());
          tree.forEach(ProcessHandle::destroyForcibly);
          tree.forEach(ended -> ended.onExit().join());
        });
    process = Optional.empty();
  }

  /**
   * Asks the server to stop, as systemd, docker and a user's {@code kill} do. It goes on until it
   * has finished.
   */
  public Process terminate() {
    Process running =
        process.orElseThrow(() -> new IllegalStateException("the server is not running"));
    running.destroy();
    return running;
  }

  /** Stops the server gracefully and waits for its end. */
  public void stop() {
    Process running = terminate();
    try {
      if (!running.waitFor(2, MINUTES)) {
        throw new AssertionError("the server does not stop: " + report());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the server stops", e);
    }
    process = Optional.empty();
  }

  @Override
  public void close() {
    kill();
  }

  public boolean isRunning() {
    return process.filter(Process::isAlive).isPresent();
  }

  /** Host and port, as they stand in an image's name. */
  public String address() {
    return "127.0.0.1:" + port;
  }

  public int port() {
    return port;
  }

  public Path data() {
    return data;
  }

  /** The address of a path that starts with a slash. */
  public URI url(String path) {
    return URI.create("http://" + address() + path);
  }

  /** Where to look and the last lines of what the server wrote. */
  public String report() {
    try (Stream<String> lines = Files.lines(log)) {
      List<String> all = lines.toList();
      return log + "\n" + String.join("\n", all.subList(Math.max(0, all.size() - 40), all.size()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private long logSize() {
    try {
      return Files.size(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path newLog() {
    try {
      Path folder = Files.createDirectories(Path.of("target", "servers"));
      Path log =
          folder.resolve(
              "%d-%d.log".formatted(ProcessHandle.current().pid(), STARTED.incrementAndGet()));
      return Files.write(log, new byte[0]).toAbsolutePath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How a server that did not want to start ended. */
  public record Refusal(int exit, String output) {}
}
