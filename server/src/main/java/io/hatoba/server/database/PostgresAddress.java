package io.hatoba.server.database;

import io.hatoba.server.startup.Secret;
import io.hatoba.server.startup.StartupException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Where a PostgreSQL database is and who asks.
 *
 * @param jdbcUrl without user and password
 */
record PostgresAddress(String jdbcUrl, Optional<String> username, Optional<Secret> password) {
  private static final String JDBC = "jdbc:postgresql://";

  /**
   * Reads {@code jdbc:postgresql://…} or {@code postgresql://USER:PASSWORD@HOST:PORT/NAME} (also
   * {@code postgres://}); user and password of the settings win over those of the URL.
   *
   * @throws StartupException if it is neither
   */
  static PostgresAddress parse(String url, Optional<String> username, Optional<Secret> password) {
    if (url.startsWith(JDBC)) {
      return new PostgresAddress(url, username, password);
    }
    if (!url.startsWith("postgresql://") && !url.startsWith("postgres://")) {
      throw new StartupException(
          "hatoba.database.url is neither jdbc:postgresql://HOST:PORT/NAME nor postgresql://USER:PASSWORD@HOST:PORT/NAME. Leave it out to use SQLite in the data folder.");
    }
    URI uri;
    try {
      uri = URI.create(url);
    } catch (IllegalArgumentException e) {
      throw new StartupException(
          "hatoba.database.url is not a URL. Percent-encode special characters of the password, or use hatoba.database.password.");
    }
    String authority = Optional.ofNullable(uri.getRawAuthority()).orElse("");
    int at = authority.lastIndexOf('@');
    String[] who = at < 0 ? new String[0] : authority.substring(0, at).split(":", 2);
    String rest = Optional.ofNullable(uri.getRawPath()).filter(path -> !path.isEmpty()).orElse("/");
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    return new PostgresAddress(
        JDBC + authority.substring(at + 1) + rest + query,
        username.or(() -> who.length < 1 ? Optional.empty() : Optional.of(decode(who[0]))),
        password.or(
            () -> who.length < 2 ? Optional.empty() : Optional.of(new Secret(decode(who[1])))));
  }

  /** Host, port and database, for messages: nothing that could be a secret. */
  String place() {
    int end = jdbcUrl.indexOf('?');
    return jdbcUrl.substring(JDBC.length(), end < 0 ? jdbcUrl.length() : end);
  }

  PGSimpleDataSource dataSource(Duration connectionTimeout) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(jdbcUrl);
    username.ifPresent(source::setUser);
    password.map(Secret::reveal).ifPresent(source::setPassword);
    int seconds = Math.toIntExact(Math.max(1, connectionTimeout.toSeconds()));
    source.setConnectTimeout(seconds);
    source.setLoginTimeout(seconds);
    source.setTcpKeepAlive(true);
    source.setApplicationName("hatoba");
    return source;
  }

  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /** Without query: a JDBC URL may carry a password there. */
  @Override
  public String toString() {
    return "PostgresAddress[" + place() + "]";
  }
}
