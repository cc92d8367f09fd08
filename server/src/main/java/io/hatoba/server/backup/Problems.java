package io.hatoba.server.backup;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects what is wrong: all are counted, the first ones are kept. Safe for any thread. */
final class Problems {
  /** The most that are kept. */
  static final int KEPT = 1000;

  private final List<Problem> kept = new ArrayList<>();
  private long count;

  synchronized void add(String subject, String problem) {
    count++;
    if (kept.size() < KEPT) {
      kept.add(new Problem(subject, problem));
    }
  }

  synchronized long count() {
    return count;
  }

  /** In the order of their subjects. */
  synchronized List<Problem> kept() {
    return kept.stream()
        .sorted(Comparator.comparing(Problem::subject).thenComparing(Problem::problem))
        .toList();
  }
}
