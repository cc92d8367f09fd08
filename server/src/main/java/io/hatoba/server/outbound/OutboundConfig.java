package io.hatoba.server.outbound;

import io.hatoba.server.startup.Range;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Requests from this server to others: identity providers and the like. */
@ConfigMapping(prefix = "hatoba.outbound")
public interface OutboundConfig {
  /**
   * Networks that may be asked although they are not public, as addresses or in CIDR form,
   * separated by commas; for example 10.20.0.0/16 for an identity provider inside the company. No
   * default: loopback, link-local, private, shared and reserved addresses are refused, so that
   * nobody reaches an inner service by naming its address.
   */
  Optional<List<String>> allowedNetworks();

  /** Ports that may be asked, separated by commas. Default 80,443. */
  @WithDefault("80,443")
  @Range(min = "1", max = "65535")
  List<Integer> allowedPorts();

  /**
   * A PEM file with certificates of authorities that are trusted in addition to those of the Java
   * runtime. No default.
   */
  Optional<Path> caFile();

  /** How long looking up a name, and connecting, may take. Default 5s, range 100ms to 1m. */
  @WithDefault("5s")
  @Range(min = "100ms", max = "1m")
  Duration connectTimeout();

  /** How long a request with its whole answer may take. Default 15s, range 1s to 10m. */
  @WithDefault("15s")
  @Range(min = "1s", max = "10m")
  Duration timeout();

  /** The longest body of an answer. Default 1M, range 1K to 64M. A longer one is an error. */
  @WithDefault("1M")
  @Range(min = "1K", max = "64M")
  MemorySize maxBody();
}
