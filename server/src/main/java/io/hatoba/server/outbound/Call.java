package io.hatoba.server.outbound;

import java.net.URI;
import java.util.Map;
import java.util.Optional;

/**
 * A request to another server.
 *
 * @param method {@code GET}, {@code POST} …
 * @param headers by name; host, length and connection are not the caller's to set
 * @param body text, sent in UTF-8
 * @param redirects how many redirects are followed; each target is checked like the first address.
 *     Only for a {@code GET} whose headers hold no secret, since they go to the target too
 */
public record Call(
    String method, URI uri, Map<String, String> headers, Optional<String> body, int redirects) {
  public Call {
    headers = Map.copyOf(headers);
  }

  /** A request for JSON that follows up to three redirects. */
  public static Call getJson(URI uri) {
    return new Call("GET", uri, Map.of("Accept", "application/json"), Optional.empty(), 3);
  }

  /** A form as browsers send it; no redirect is followed. */
  public static Call form(URI uri, Map<String, String> headers, String form) {
    return new Call("POST", uri, headers, Optional.of(form), 0);
  }

  @Override
  public String toString() {
    return "Call[" + method + " " + uri + "]"; // headers and body may hold secrets
  }
}
