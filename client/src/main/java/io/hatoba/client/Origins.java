package io.hatoba.client;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;

/** Compares where URLs lead to. */
final class Origins {
  private Origins() {}

  /** Whether the URL has a scheme and a host that the client can speak to, and no user in it. */
  static boolean isSpoken(URI uri) {
    String scheme = Optional.ofNullable(uri.getScheme()).orElse("").toLowerCase(Locale.ROOT);
    return (scheme.equals("http") || scheme.equals("https"))
        && uri.getHost() != null
        && uri.getRawUserInfo() == null;
  }

  /** Whether scheme, host and port are the same. */
  static boolean same(URI a, URI b) {
    return a.getScheme().equalsIgnoreCase(b.getScheme()) && sameAuthority(a, b);
  }

  /** Whether host and port are the same. */
  static boolean sameAuthority(URI a, URI b) {
    return a.getHost().equalsIgnoreCase(b.getHost()) && port(a) == port(b);
  }

  /** Whether going from one to the other gives up encryption. */
  static boolean isDowngrade(URI from, URI to) {
    return from.getScheme().equalsIgnoreCase("https") && !to.getScheme().equalsIgnoreCase("https");
  }

  private static int port(URI uri) {
    if (uri.getPort() >= 0) {
      return uri.getPort();
    }
    return uri.getScheme().equalsIgnoreCase("https") ? 443 : 80;
  }
}
