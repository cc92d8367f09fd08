package io.hatoba.benchmark;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A running server.
 *
 * @param name column of the table
 * @param key the access key to log in with; empty where nobody needs to
 */
record Peer(String name, URI origin, Process process, Optional<Key> key) {
  /** An access key of the run's own, made for a server that lives as long as the run. */
  record Key(String id, String secret) {}

  /** Whether it is a registry, and not a plain file server. */
  boolean isRegistry() {
    return !name.equals("nginx");
  }

  /** Resident memory of the process and all its children, in MiB. */
  double residentMebibytes() throws IOException {
    long kibibytes = 0;
    for (ProcessHandle handle : tree().toList()) {
      kibibytes += resident(handle.pid());
    }
    return kibibytes / 1024.0;
  }

  /** Ends it, at once if it does not end by itself. */
  void stop() {
    Stream<ProcessHandle> children = tree().toList().stream();
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        children.forEach(ProcessHandle::destroyForcibly);
      }
    } catch (InterruptedException e) {
      children.forEach(ProcessHandle::destroyForcibly);
      Thread.currentThread().interrupt();
    }
  }

  private Stream<ProcessHandle> tree() {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants());
  }

  private static long resident(long pid) throws IOException {
    Path status = Path.of("/proc/" + pid + "/status");
    if (!Files.exists(status)) {
      return 0;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .sum();
  }
}
