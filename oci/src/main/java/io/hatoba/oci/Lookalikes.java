package io.hatoba.oci;

import com.fasterxml.jackson.core.JsonStreamContext;
import java.util.Set;

/** Fields that some readers of JSON take for others. */
final class Lookalikes {
  private Lookalikes() {}

  /**
   * Refuses an unknown field whose name is a known one but for the case of its letters. Go's {@code
   * encoding/json}, which nearly all clients use, would read it as the known one, the registry
   * would not: what is checked and what is run would differ.
   */
  static void refuse(String name, Set<String> known, JsonStreamContext context) {
    for (String field : known) {
      if (field.equalsIgnoreCase(name)) {
        throw InvalidManifest.at(
            InvalidManifest.path(context),
            "is not a field of a manifest, but clients could take it for \"%s\"; write it like that or leave it out"
                .formatted(field));
      }
    }
  }
}
