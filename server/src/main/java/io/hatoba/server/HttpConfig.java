package io.hatoba.server;

import io.hatoba.server.startup.Range;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Limits of every HTTP connection. */
@ConfigMapping(prefix = "hatoba.http")
public interface HttpConfig {
  /**
   * How long a connection may stay without a byte in either direction before it is closed. Default
   * 90s, range 5s to 1h. A steady client, however slow, is not cut while it sends; one that reads
   * must take 1 MiB within this time.
   */
  @WithDefault("90s")
  @Range(min = "5s", max = "1h")
  Duration idleTimeout();

  /**
   * How long all headers of a request may be together. Default 20K, range 4K to 1M; a longer one
   * gets 431.
   */
  @WithDefault("20K")
  @Range(min = "4K", max = "1M")
  MemorySize maxHeaderSize();

  /**
   * How long the first line of a request (method, path, query) may be. Default 16K, range 4K to
   * 64K; a longer one gets 414.
   */
  @WithDefault("16K")
  @Range(min = "4K", max = "64K")
  MemorySize maxRequestLine();
}
