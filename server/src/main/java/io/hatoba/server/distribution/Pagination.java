package io.hatoba.server.distribution;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The page that a request asks for by {@code n} and {@code last} (OCI distribution specification,
 * "Listing Tags").
 *
 * @param limit how many entries, zero included
 * @param last the last entry of the page before; it need not exist
 */
record Pagination(int limit, Optional<String> last) {
  /**
   * Reads {@code n} and {@code last}.
   *
   * @param most the longest page; more is cut to it, as is a request without {@code n}
   * @throws RefusedException with {@code PAGINATION_NUMBER_INVALID}
   */
  static Pagination of(Exchange exchange, int most) {
    int limit = exchange.query("n").map(text -> limit(text, most)).orElse(most);
    return new Pagination(limit, exchange.query("last").filter(last -> !last.isEmpty()));
  }

  /** How many to ask for: one more tells whether there is another page. */
  int wanted() {
    return limit + 1;
  }

  /** The entries of this page out of those that were {@link #wanted}. */
  <T> List<T> page(List<T> found) {
    return found.size() > limit ? found.subList(0, limit) : found;
  }

  /**
   * The link to the next page; empty if this is the last one.
   *
   * @param path of the list
   * @param found what was {@link #wanted}
   */
  Optional<String> next(String path, List<?> found) {
    if (found.size() <= limit || limit == 0) {
      return Optional.empty();
    }
    return Optional.of(
        link(path + "?n=" + limit + "&last=" + encode(found.get(limit - 1).toString())));
  }

  /** A relation to the next page. Relative: clients refuse to follow to another host. */
  static String link(String target) {
    return '<' + target + ">; rel=\"next\"";
  }

  /** A value as it may stand in a query. */
  static String encode(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static int limit(String text, int most) {
    boolean isNumber = !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    if (!isNumber) {
      throw new RefusedException(
          Refusal.invalid(
              ErrorCode.PAGINATION_NUMBER_INVALID,
              "n is the number of entries of a page, zero or more",
              text.length() > 32 ? text.substring(0, 32) : text));
    }
    return text.length() > 9 ? most : Math.min(most, Integer.parseInt(text));
  }
}
