package io.hatoba.server.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.UriInfo;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jspecify.annotations.Nullable;

/**
 * {@code ?limit=} and {@code ?cursor=} of a list, to be taken as a bean parameter. A resource reads
 * {@link #fetch} rows after {@link #after} in the order of a unique key and gives them to {@link
 * #page}.
 *
 * <p>A cursor is the key of the last row that was shown, with a mark of the query it belongs to: it
 * stays good when rows come and go, and it is refused for another query.
 */
public final class Paging {
  /** The most rows of one page. */
  public static final int MAX_LIMIT = 1000;

  private static final int MAX_CURSOR = 4096;

  @Parameter(description = "How many items a page has at most: 1 to 1000.")
  @QueryParam("limit")
  @DefaultValue("50")
  @Nullable String limit;

  @Parameter(description = "Where to go on, from `next` of the page before. Opaque.")
  @QueryParam("cursor")
  @Nullable String cursor;

  @Context @Nullable UriInfo uri;

  /** One row more than the page shows, to know whether there is a next one. */
  public int fetch() {
    return limit() + 1;
  }

  /** How many rows the page shows at most. */
  public int limit() {
    String text = limit == null ? "50" : limit;
    if (!text.matches("[0-9]{1,4}")
        || Integer.parseInt(text) < 1
        || Integer.parseInt(text) > MAX_LIMIT) {
      throw invalid("limit is a number from 1 to " + MAX_LIMIT, "limit");
    }
    return Integer.parseInt(text);
  }

  /**
   * The key of the last row of the page before; empty on the first page.
   *
   * @param columns how many values the key has
   * @throws RefusedException with {@code REQUEST_INVALID} for a cursor that is none, or one of
   *     another query
   */
  public Optional<List<String>> after(int columns) {
    if (cursor == null) {
      return Optional.empty();
    }
    List<String> key = List.of();
    try {
      if (cursor.length() <= MAX_CURSOR) {
        key =
            Json.MAPPER.readValue(Base64.getUrlDecoder().decode(cursor), new TypeReference<>() {});
      }
    } catch (IllegalArgumentException | IOException e) {
      key = List.of(); // told below
    }
    if (key == null
        || key.size() != columns + 1
        || key.contains(null)
        || !key.getFirst().equals(mark())) {
      throw invalid(
          "this cursor is not one of this list with these filters; start without a cursor",
          "cursor");
    }
    return Optional.of(List.copyOf(key.subList(1, key.size())));
  }

  /**
   * The page.
   *
   * @param rows at most {@link #fetch}, in order
   * @param shown a row as the answer shows it
   * @param key the values that {@link #after} gives back
   */
  public <R, T> Page<T> page(List<R> rows, Function<R, T> shown, Function<R, List<String>> key) {
    boolean more = rows.size() > limit();
    List<R> here = more ? rows.subList(0, limit()) : rows;
    return new Page<>(
        here.stream().map(shown).toList(),
        more ? Optional.of(next(key.apply(here.getLast()))) : Optional.empty(),
        Optional.empty());
  }

  /**
   * The page of a list that is searched only so far for each page: it may have fewer items than
   * wanted, and none, and yet a next one.
   *
   * @param goOn the key where the search goes on; empty at the end of the list
   */
  public <T> Page<T> searched(List<T> items, Optional<List<String>> goOn) {
    return new Page<>(items, goOn.map(this::next), Optional.empty());
  }

  private String next(List<String> key) {
    List<String> marked = new ArrayList<>(key.size() + 1);
    marked.add(mark());
    marked.addAll(key);
    try {
      Map<String, List<String>> parameters = parameters();
      parameters.put("limit", List.of(Integer.toString(limit())));
      parameters.put(
          "cursor",
          List.of(
              Base64.getUrlEncoder()
                  .withoutPadding()
                  .encodeToString(Json.MAPPER.writeValueAsBytes(marked))));
      return uri().getRequestUri().getRawPath() + "?" + query(parameters);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Which list it is and by what it is filtered and sorted. */
  private String mark() {
    String query = uri().getRequestUri().getRawPath() + "?" + query(parameters());
    return Integer.toHexString(query.hashCode());
  }

  /** What is asked for besides the place in the list. */
  private Map<String, List<String>> parameters() {
    Map<String, List<String>> parameters = new TreeMap<>(uri().getQueryParameters());
    parameters.remove("limit");
    parameters.remove("cursor");
    return parameters;
  }

  private static String query(Map<String, List<String>> parameters) {
    List<String> pairs = new ArrayList<>();
    parameters.forEach(
        (name, values) -> values.forEach(value -> pairs.add(encoded(name) + "=" + encoded(value))));
    return String.join("&", pairs);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private UriInfo uri() {
    if (uri == null) {
      throw new IllegalStateException("not taken as a bean parameter");
    }
    return uri;
  }

  private static RefusedException invalid(String message, String parameter) {
    return new RefusedException(Refusal.invalid(ErrorCode.REQUEST_INVALID, message, parameter));
  }
}
