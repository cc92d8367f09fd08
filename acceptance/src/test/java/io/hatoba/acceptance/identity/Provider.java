package io.hatoba.acceptance.identity;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;

/** The OpenID Connect provider of {@code tools/oidc-provider}, a process of its own. */
final class Provider implements AutoCloseable {
  private final int port;
  private final Path log;
  private final Process process;

  Provider(int port, URI redirectUri, Path folder) {
    this.port = port;
    this.log = folder.resolve("provider.log");
    try {
      this.process =
          new ProcessBuilder("oidc-provider", Integer.toString(port), redirectUri.toString())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    Awaitility.await("provider is ready")
        .atMost(Duration.ofMinutes(1))
        .until(() -> !process.isAlive() || output().contains("ready"));
    if (!process.isAlive()) {
      throw new AssertionError("the provider ended: " + output());
    }
  }

  String issuer() {
    return "http://127.0.0.1:" + port;
  }

  private String output() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
