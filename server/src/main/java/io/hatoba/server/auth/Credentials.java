package io.hatoba.server.auth;

import io.hatoba.server.startup.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/** What an {@code Authorization} header carries (RFC 9110 section 11, RFC 6750, RFC 7617). */
sealed interface Credentials {
  /** No header. */
  record None() implements Credentials {}

  /** A token. */
  record Bearer(String token) implements Credentials {
    @Override
    public String toString() {
      return "Bearer[***]";
    }
  }

  /** The id of an access key and its secret. */
  record Basic(String id, Secret secret) implements Credentials {}

  /** A header of another scheme, or one that is broken. */
  record Unusable() implements Credentials {}

  static Credentials parse(Optional<String> authorization) {
    if (authorization.isEmpty()) {
      return new None();
    }
    String header = authorization.get();
    int space = header.indexOf(' ');
    if (space < 0) {
      return new Unusable();
    }
    String scheme = header.substring(0, space);
    String rest = header.substring(space + 1).trim();
    if (scheme.equalsIgnoreCase("Bearer")) {
      return new Bearer(rest);
    }
    return scheme.equalsIgnoreCase("Basic") ? basic(rest) : new Unusable();
  }

  private static Credentials basic(String encoded) {
    String text;
    try {
      text = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return new Unusable();
    }
    int colon = text.indexOf(':');
    return colon < 0
        ? new Unusable()
        : new Basic(text.substring(0, colon), new Secret(text.substring(colon + 1)));
  }
}
