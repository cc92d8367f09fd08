package io.hatoba.acceptance.client;

import io.hatoba.acceptance.Terminal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/**
 * Docker's own engine in a folder: no network of its own, no service of the machine, gone with its
 * folder.
 *
 * <p>It needs root, as docker does, and says so when it does not get it.
 */
final class DockerEngine implements AutoCloseable {

  private final Path folder;
  private final Path log;
  private final Process process;

  private DockerEngine(Path folder, Path log, Process process) {
    this.folder = folder;
    this.log = log;
    this.process = process;
  }

  /**
   * Starts an engine and waits until it answers. The folder's path must be short: it holds a
   * socket.
   */
  static DockerEngine startedIn(Path folder) {
    try {
      Files.createDirectories(folder);
      Path log = Files.createDirectories(Path.of("target", "servers")).resolve("dockerd.log");
      ProcessBuilder builder =
          new ProcessBuilder(
                  "setsid",
                  "dockerd",
                  "--data-root=" + folder.resolve("data"),
                  "--exec-root=" + folder.resolve("exec"),
                  "--pidfile=" + folder.resolve("pid"),
                  "--host=unix://" + folder.resolve("docker.sock"),
                  "--iptables=false",
                  "--ip6tables=false",
                  "--bridge=none",
                  "--storage-driver=vfs")
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      builder.environment().put("PATH", System.getenv("PATH") + ":/usr/sbin:/sbin");
      DockerEngine engine = new DockerEngine(folder, log, builder.start());
      Runtime.getRuntime().addShutdownHook(new Thread(engine::close));
      Terminal probe = engine.connect(new Terminal(folder.resolve("probe")));
      Awaitility.await("dockerd is ready")
          .atMost(Duration.ofMinutes(2))
          .until(() -> !engine.process.isAlive() || probe.runAndLook("docker version").exit() == 0);
      if (!engine.process.isAlive()) {
        throw new AssertionError(
            "dockerd ended (it needs root, and the package docker.io: script/tools):\n"
                + Files.readString(log));
      }
      return engine;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes the docker of a terminal talk to this engine. */
  Terminal connect(Terminal terminal) {
    return terminal.with("DOCKER_HOST", "unix://" + folder.resolve("docker.sock"));
  }

  Path log() {
    return log;
  }

  @Override
  public void close() {
    // Asked first, because an engine that is killed leaves its containerd behind.
    List<ProcessHandle> tree = new ArrayList<>(process.descendants().toList());
    process.destroy();
    process.onExit().orTimeout(30, TimeUnit.SECONDS).handle((ended, late) -> late == null).join();
    tree.add(process.toHandle());
    tree.forEach(ProcessHandle::destroyForcibly);
    tree.forEach(ended -> ended.onExit().join());
  }
}
