package io.hatoba.server.auth;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.endpoint.Endpoint;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Refuses what another site makes a browser do with our cookie. There is no token in forms: pages
 * of this server alone can send what is demanded here. Requests with an {@code Authorization}
 * header need none of it, since no browser adds that by itself.
 */
public final class SameOrigin {
  private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");

  private SameOrigin() {}

  /**
   * Lets a request with the session cookie go on.
   *
   * @throws RefusedException with {@code DENIED} if it would change something and does not come
   *     from a page of this server, or has a body that a form of another site could send
   */
  public static void require(Sent sent, Endpoint here) {
    if (SAFE.contains(sent.method())) {
      return;
    }
    if (!sent.fetchSite().or(sent::origin).isPresent()) {
      throw refused(
          "a change with the session cookie needs the header Sec-Fetch-Site or Origin, which"
              + " browsers send; programs use an access key");
    }
    requireIfTold(sent, here);
    if (sent.hasBody() && !sent.contentType().map(SameOrigin::isJson).orElse(false)) {
      throw refused("a change with the session cookie has a body of JSON only");
    }
  }

  /**
   * As {@link #require}, for a request without the cookie that would begin a session: a program
   * says nothing of its origin, a browser always does.
   */
  public static void requireIfTold(Sent sent, Endpoint here) {
    boolean same =
        sent.fetchSite().isPresent()
            ? sent.fetchSite().get().equals("same-origin")
            : sent.origin().map(origin -> isHere(origin, here)).orElse(true);
    if (!same) {
      throw refused("the request was made by a page of another site");
    }
  }

  private static boolean isHere(String origin, Endpoint here) {
    return origin.toLowerCase(Locale.ROOT).equals(here.origin().toLowerCase(Locale.ROOT));
  }

  private static boolean isJson(String contentType) {
    String type = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    return type.equals("application/json") || type.equals("application/merge-patch+json");
  }

  private static RefusedException refused(String message) {
    return new RefusedException(new Refusal.Denied(message, ""));
  }

  /**
   * What a request says of itself.
   *
   * @param fetchSite the header {@code Sec-Fetch-Site}
   * @param origin the header {@code Origin}
   */
  public record Sent(
      String method,
      Optional<String> fetchSite,
      Optional<String> origin,
      Optional<String> contentType,
      boolean hasBody) {}
}
