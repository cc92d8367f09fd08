package io.hatoba.server.rest;

import java.util.List;
import java.util.Optional;

/**
 * One page of a list.
 *
 * @param next path and query of the next page; absent on the last one
 * @param total how many there are on all pages, where a kept counter makes that free
 */
public record Page<T>(List<T> items, Optional<String> next, Optional<Long> total) {
  public Page {
    items = List.copyOf(items);
  }

  /** The same page with its total. */
  public Page<T> withTotal(long count) {
    return new Page<>(items, next, Optional.of(count));
  }
}
