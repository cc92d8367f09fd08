package io.hatoba.server.outbound;

import io.quarkus.runtime.configuration.MemorySize;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Settings for tests.
 *
 * @param allowedNetworks none: only public addresses
 */
public record TestOutboundConfig(
    Optional<List<String>> allowedNetworks,
    List<Integer> allowedPorts,
    Optional<Path> caFile,
    Duration connectTimeout,
    Duration timeout,
    MemorySize maxBody)
    implements OutboundConfig {
  /** Loopback, and these ports. */
  public static TestOutboundConfig loopback(Integer... ports) {
    return new TestOutboundConfig(
        Optional.of(List.of("127.0.0.0/8")),
        List.of(ports),
        Optional.empty(),
        Duration.ofSeconds(5),
        Duration.ofSeconds(15),
        new MemorySize(BigInteger.valueOf(1024 * 1024)));
  }

  TestOutboundConfig withNetworks(String... networks) {
    return new TestOutboundConfig(
        networks.length == 0 ? Optional.empty() : Optional.of(List.of(networks)),
        allowedPorts,
        caFile,
        connectTimeout,
        timeout,
        maxBody);
  }

  TestOutboundConfig withCaFile(Path file) {
    return new TestOutboundConfig(
        allowedNetworks, allowedPorts, Optional.of(file), connectTimeout, timeout, maxBody);
  }

  TestOutboundConfig withTimeout(Duration longest) {
    return new TestOutboundConfig(
        allowedNetworks, allowedPorts, caFile, connectTimeout, longest, maxBody);
  }
}
