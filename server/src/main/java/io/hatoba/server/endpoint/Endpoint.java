package io.hatoba.server.endpoint;

/**
 * The address under which the client reached the server: scheme, host and port, as the client wrote
 * them. Realm and redirects follow it.
 *
 * @param origin for example {@code https://registry.example.com} or {@code http://127.0.0.1:5000};
 *     no slash at the end
 */
public record Endpoint(String origin) {
  /** The host and port as they stand in image references. */
  public String host() {
    return origin.substring(origin.indexOf("://") + 3);
  }

  /** Scheme and port of this one, with another port. */
  Endpoint withPort(int port) {
    int colon = origin.lastIndexOf(':');
    boolean hasPort = colon > origin.lastIndexOf(']') && colon > origin.indexOf("://");
    return new Endpoint((hasPort ? origin.substring(0, colon) : origin) + ":" + port);
  }
}
