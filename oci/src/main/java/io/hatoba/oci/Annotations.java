package io.hatoba.oci;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** Keeps annotations, whose keys anybody may have chosen. */
final class Annotations {
  private Annotations() {}

  /**
   * An unmodifiable copy in the order of the keys, so that what is written from it is always the
   * same. {@code Map.copyOf} probes linearly: keys that collide on purpose would cost quadratic
   * time.
   */
  static Map<String, String> copyOf(Map<String, String> annotations) {
    return Collections.unmodifiableMap(new TreeMap<>(annotations));
  }
}
