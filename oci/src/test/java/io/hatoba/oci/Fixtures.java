package io.hatoba.oci;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The sample manifests, which are the seeds of {@code ManifestParserFuzzTest} too. */
final class Fixtures {
  private static final String FOLDER = "ManifestParserFuzzTestInputs/parseRefusesOrUnderstands/";

  private Fixtures() {}

  static byte[] manifest(String name) {
    try (InputStream in = Fixtures.class.getResourceAsStream(FOLDER + name + ".json")) {
      if (in == null) {
        throw new IllegalArgumentException("no sample is called " + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
