package io.hatoba.server;

import io.hatoba.server.startup.Range;
import io.hatoba.server.startup.Secret;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Where the server listens, where its data lies, and what the first start makes. */
@ConfigMapping(prefix = "hatoba")
public interface ServerConfig {
  /**
   * The TCP port to listen on. Default 5000, range 0 to 65535; 0 takes any free port, which the
   * line <q>Hatoba is ready at …</q> then names.
   */
  @WithDefault("5000")
  @Range(min = "0", max = "65535")
  int port();

  /**
   * The address to listen on. Default 0.0.0.0, which is every IPv4 address of the machine;
   * 127.0.0.1 keeps the server to the machine itself.
   */
  @WithDefault("0.0.0.0")
  String host();

  /**
   * The folder for everything that is stored. Default data, in the folder the server is started in.
   * It is made if it does not exist; one server at a time may use it.
   */
  @WithDefault("data")
  Path data();

  /**
   * How long a stop (SIGTERM or SIGINT) waits for requests in flight. Default 30s, range 0s to 1h.
   * Requests that still arrive meanwhile are answered and their connections closed; what is not
   * finished then is cut. A second signal ends the process at once.
   */
  @WithDefault("30s")
  @Range(min = "0s", max = "1h")
  Duration stopTimeout();

  /**
   * The password of the account admin. Used by the first start on an empty folder only. No default:
   * without it the first start makes a random one and prints it.
   */
  Optional<Secret> adminPassword();

  /** What the first start on an empty folder makes, and only that one. */
  Bootstrap bootstrap();

  /** What the first start on an empty folder makes, and only that one. */
  interface Bootstrap {
    /**
     * The access key of the account admin, written id:secret. Used by the first start on an empty
     * folder only. No default: without it the first start makes a random one and prints it.
     */
    Optional<Secret> accessKey();

    /**
     * The name of the first registry. Default main. Used by the first start on an empty folder
     * only.
     */
    @WithDefault("main")
    String registry();
  }
}
