package io.hatoba.server.rest;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Rows of a list that pass a filter which no index helps with. A bounded number of rows is looked
 * at, however long the list is.
 *
 * @param rows that pass, at most as many as wanted
 * @param end the last row that was looked at if the bound was reached before the end of the list;
 *     the next page goes on there
 */
public record Scan<R>(List<R> rows, Optional<R> end) {
  private static final int MOST_LOOKED_AT = 10_000;
  private static final int AT_ONCE = 500;

  public Scan {
    rows = List.copyOf(rows);
  }

  /** All rows pass. */
  public static <R> Scan<R> all(int wanted, Chunks<R> chunks) {
    return new Scan<>(chunks.after(Optional.empty(), wanted), Optional.empty());
  }

  /** The first rows that pass. */
  public static <R> Scan<R> filtered(int wanted, Chunks<R> chunks, Predicate<R> filter) {
    List<R> found = new ArrayList<>();
    Optional<R> last = Optional.empty();
    for (int looked = 0; looked < MOST_LOOKED_AT; looked += AT_ONCE) {
      List<R> chunk = chunks.after(last, AT_ONCE);
      for (R row : chunk) {
        if (filter.test(row)) {
          found.add(row);
          if (found.size() == wanted) {
            return new Scan<>(found, Optional.empty());
          }
        }
      }
      if (chunk.size() < AT_ONCE) {
        return new Scan<>(found, Optional.empty());
      }
      last = Optional.of(chunk.getLast());
    }
    return new Scan<>(found, last);
  }

  /** The page with these rows, which are one more than it shows if there is a next one. */
  public <T> Page<T> page(Paging paging, Function<R, T> shown, Function<R, List<String>> key) {
    boolean more = rows.size() > paging.limit();
    List<R> here = more ? rows.subList(0, paging.limit()) : rows;
    return paging.searched(
        here.stream().map(shown).toList(),
        more ? Optional.of(key.apply(here.getLast())) : end.map(key));
  }

  /** The rows of a list in its order. */
  @FunctionalInterface
  public interface Chunks<R> {
    /**
     * So many rows, or all that are left.
     *
     * @param last the last row that was read; empty: from where the page begins
     */
    List<R> after(Optional<R> last, int limit);
  }
}
