package io.hatoba.client;

import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One request, before anybody is named in it.
 *
 * @param headers without {@code Authorization}, which the client adds where it may
 */
record Request(String method, URI uri, Map<String, String> headers, Optional<Payload> payload) {
  Request {
    headers = Map.copyOf(headers);
  }

  static Request of(String method, URI uri) {
    return new Request(method, uri, Map.of(), Optional.empty());
  }

  Request header(String name, String value) {
    Map<String, String> more = new TreeMap<>(headers);
    more.put(name, value);
    return new Request(method, uri, more, payload);
  }

  Request body(String type, Payload content) {
    return new Request(method, uri, headers, Optional.of(content)).header("Content-Type", type);
  }

  Request to(URI other) {
    return new Request(method, other, headers, payload);
  }

  /** Method and URL, without a query: it may carry a signature. */
  String describe() {
    String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
    return method + " " + uri.getScheme() + "://" + uri.getHost() + port + uri.getRawPath();
  }
}
