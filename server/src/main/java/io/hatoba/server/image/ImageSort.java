package io.hatoba.server.image;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The orders of a list of images; each has an index. */
enum ImageSort {
  NAME("name", "r.name"),
  ARTIFACT_COUNT("artifactCount", "u.artifact_count"),
  SIZE("sizeBytes", "u.logical_bytes"),
  PUSHED_AT("pushedAt", "u.pushed_at"),
  PULL_COUNT("pullCount", "u.pull_count"),
  PULLED_AT("pulledAt", "u.pulled_at");

  private final String key;
  private final String column;

  ImageSort(String key, String column) {
    this.key = key;
    this.column = column;
  }

  /** The SQL of the column. */
  String column() {
    return column;
  }

  /** The value of the column in a row. */
  String valueOf(ImageStore.Row row) {
    return switch (this) {
      case NAME -> row.name().value();
      case ARTIFACT_COUNT -> Long.toString(row.artifactCount());
      case SIZE -> Long.toString(row.sizeBytes());
      case PUSHED_AT -> Long.toString(row.pushedAt());
      case PULL_COUNT -> Long.toString(row.pullCount());
      case PULLED_AT -> Long.toString(row.pulledAt());
    };
  }

  /** One of the orders, upwards or, with a minus sign, downwards. */
  record Order(ImageSort sort, boolean descending) {
    static Order parse(String text) {
      boolean descending = text.startsWith("-");
      String key = descending ? text.substring(1) : text;
      return new Order(
          Arrays.stream(values())
              .filter(sort -> sort.key.equals(key))
              .findAny()
              .orElseThrow(
                  () ->
                      Keys.invalid(
                          "sort is one of %s, with - before it for the opposite order"
                              .formatted(
                                  Arrays.stream(values())
                                      .map(sort -> sort.key)
                                      .collect(Collectors.joining(", "))),
                          "sort")),
          descending);
    }

    /** What a cursor keeps of the last row. */
    List<String> key(ImageStore.Row row) {
      return sort == NAME
          ? List.of(row.name().value(), "")
          : List.of(sort.valueOf(row), Long.toString(row.id()));
    }
  }
}
