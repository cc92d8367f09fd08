package io.hatoba.benchmark;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Collects samples and prints their medians as a table in Markdown. */
final class Table {
  private final List<String> columns;
  private final Map<String, Row> rows = new LinkedHashMap<>();

  /** How a value is printed. */
  enum Unit {
    BYTES_PER_SECOND,
    PER_SECOND,
    MEBIBYTES
  }

  private record Row(Unit unit, Map<String, List<Sample>> samples) {
    List<Sample> of(String column) {
      return samples.getOrDefault(column, List.of());
    }
  }

  Table(List<String> columns) {
    this.columns = List.copyOf(columns);
  }

  void add(String row, Unit unit, String column, Sample sample) {
    rows.computeIfAbsent(row, key -> new Row(unit, new LinkedHashMap<>()))
        .samples()
        .computeIfAbsent(column, key -> new ArrayList<>())
        .add(sample);
  }

  /** Medians and, where more than one round was measured, the least and the most. */
  String values() {
    StringBuilder text = new StringBuilder();
    line(text, "", columns);
    line(text, "---", columns.stream().map(column -> "---").toList());
    rows.forEach(
        (name, row) ->
            line(
                text,
                name,
                columns.stream().map(column -> cell(row.unit(), row.of(column))).toList()));
    return text.toString();
  }

  /** Each row's median of the first column divided by that of each other column. */
  String ratios() {
    String first = columns.getFirst();
    List<String> others = columns.subList(1, columns.size());
    StringBuilder text = new StringBuilder();
    line(text, first + " ÷", others);
    line(text, "---", others.stream().map(column -> "---").toList());
    rows.forEach(
        (name, row) ->
            line(
                text,
                name,
                others.stream().map(column -> ratio(row.of(first), row.of(column))).toList()));
    return text.toString();
  }

  static double median(List<Sample> samples) {
    double[] values = samples.stream().mapToDouble(Sample::value).sorted().toArray();
    int middle = values.length / 2;
    return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  }

  private static void line(StringBuilder text, String head, List<String> cells) {
    text.append("| ").append(head);
    cells.forEach(cell -> text.append(" | ").append(cell));
    text.append(" |\n");
  }

  private static String cell(Unit unit, List<Sample> samples) {
    if (samples.isEmpty()) {
      return "–";
    }
    StringBuilder text = new StringBuilder(print(unit, median(samples)));
    if (samples.size() > 1) {
      double least = samples.stream().mapToDouble(Sample::value).min().orElseThrow();
      double most = samples.stream().mapToDouble(Sample::value).max().orElseThrow();
      text.append(" (")
          .append(print(unit, least))
          .append("–")
          .append(print(unit, most))
          .append(")");
    }
    double slowest = samples.stream().mapToDouble(Sample::slowest).max().orElse(0);
    if (slowest > 0) {
      text.append(", p99 ≤ ").append(String.format(Locale.ROOT, "%.0f ms", slowest));
    }
    long errors = samples.stream().mapToLong(Sample::errors).sum();
    if (errors > 0) {
      text.append(", **").append(errors).append(" errors**");
    }
    return text.toString();
  }

  private static String ratio(List<Sample> ours, List<Sample> theirs) {
    if (ours.isEmpty() || theirs.isEmpty()) {
      return "–";
    }
    return String.format(Locale.ROOT, "%.2f", median(ours) / median(theirs));
  }

  private static String print(Unit unit, double value) {
    return switch (unit) {
      case BYTES_PER_SECOND -> String.format(Locale.ROOT, "%.0f MB/s", value / 1e6);
      case PER_SECOND -> String.format(Locale.ROOT, value < 1000 ? "%.1f/s" : "%.0f/s", value);
      case MEBIBYTES -> String.format(Locale.ROOT, "%.0f MiB", value);
    };
  }
}
