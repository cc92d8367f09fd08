package io.hatoba.server.sso;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import java.net.URI;
import java.net.URISyntaxException;

/**
 * Where a browser goes after it has signed in: a path on this server and nothing else, so that no
 * link to the sign-in leads anywhere else.
 */
record ReturnPath(String value) {
  static final ReturnPath HOME = new ReturnPath("/");

  private static final int LONGEST = 2000;

  /**
   * Parses one.
   *
   * @throws RefusedException with {@link ErrorCode#REQUEST_INVALID}
   */
  static ReturnPath parse(String text) {
    if (text.length() > LONGEST || !isLocal(text)) {
      throw new RefusedException(
          Refusal.invalid(
              ErrorCode.REQUEST_INVALID,
              "returnTo is a path on this server that begins with one '/', of at most %d characters"
                  .formatted(LONGEST),
              "returnTo"));
    }
    return new ReturnPath(text);
  }

  /** Browsers read a backslash as a slash, and skip tabs and line ends. */
  private static boolean isLocal(String text) {
    if (!text.startsWith("/") || text.startsWith("//") || text.indexOf('\\') >= 0) {
      return false;
    }
    try {
      URI uri = new URI(text);
      return !uri.isAbsolute() && uri.getRawAuthority() == null && uri.toASCIIString().equals(text);
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
