package io.hatoba.server.database;

import io.hatoba.server.startup.Range;
import io.hatoba.server.startup.Secret;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Where the database is and how many connections it gets. */
@ConfigMapping(prefix = "hatoba.database")
public interface DatabaseConfig {
  /**
   * Where the database is. No default: without it the database is the SQLite file hatoba.db in the
   * data folder, for one server. jdbc:postgresql://HOST:PORT/NAME or
   * postgresql://USER:PASSWORD@HOST:PORT/NAME is a PostgreSQL database, version 14 or later, that
   * several servers can share.
   */
  Optional<String> url();

  /** The PostgreSQL user. No default: without it the one in the URL. No effect on SQLite. */
  Optional<String> username();

  /** The PostgreSQL password. No default: without it the one in the URL. No effect on SQLite. */
  Optional<Secret> password();

  /**
   * How many PostgreSQL connections may write at the same time, and how many more may read. Default
   * 10, range 1 to 200. PostgreSQL must allow twice as many, and two more, for each server. No
   * effect on SQLite, which has one writer.
   */
  @WithDefault("10")
  @Range(min = "1", max = "200")
  int poolSize();

  /**
   * How many threads read from SQLite at the same time. Default 4, range 1 to 64. More help only if
   * the database does not fit into memory. No effect on PostgreSQL.
   */
  @WithDefault("4")
  @Range(min = "1", max = "64")
  int readThreads();

  /**
   * How long a request waits for a PostgreSQL connection, and a write for the lock of the SQLite
   * file, before it is refused with 503. Default 10s, range 1s to 5m.
   */
  @WithDefault("10s")
  @Range(min = "1s", max = "5m")
  Duration connectionTimeout();
}
