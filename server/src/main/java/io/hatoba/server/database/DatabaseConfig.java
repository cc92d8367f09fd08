package io.hatoba.server.database;

import io.hatoba.server.startup.Secret;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Where the database is and how many connections it gets. Read once, at the start. */
@ConfigMapping(prefix = "hatoba.database")
public interface DatabaseConfig {
  /**
   * Where the database is. Default: none, which is the SQLite file {@code hatoba.db} in the data
   * folder, for one server. {@code jdbc:postgresql://HOST:PORT/NAME} or {@code
   * postgresql://USER:PASSWORD@HOST:PORT/NAME} is a PostgreSQL database, version 14 or later, that
   * many servers can share.
   */
  Optional<String> url();

  /** The PostgreSQL user. Default: the one in the URL. Has no effect on SQLite. */
  Optional<String> username();

  /** The PostgreSQL password. Default: the one in the URL. Has no effect on SQLite. */
  Optional<Secret> password();

  /**
   * How many PostgreSQL connections may write at the same time, and how many more may read.
   * Default: 10. Range: 1 to 200. The server of PostgreSQL must allow twice as many for each Hatoba
   * server. Has no effect on SQLite, which has one writer.
   */
  @WithDefault("10")
  int poolSize();

  /**
   * How many threads read from SQLite at the same time. Default: 4. Range: 1 to 64. More than a few
   * help only if the database does not fit into memory. Has no effect on PostgreSQL.
   */
  @WithDefault("4")
  int readThreads();

  /**
   * How long a request waits for a connection, or a write for the lock of the SQLite file, before
   * it is refused with 503. Default: 10s. Range: 250ms to 5m.
   */
  @WithDefault("10s")
  Duration connectionTimeout();
}
