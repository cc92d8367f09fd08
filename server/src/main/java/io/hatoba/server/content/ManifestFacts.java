package io.hatoba.server.content;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.hatoba.oci.Descriptor;
import io.hatoba.oci.Manifest;
import io.hatoba.oci.Platform;
import java.io.IOException;
import java.util.Optional;

/**
 * What lists show of a manifest, worked out once when it is stored.
 *
 * @param totalSize the bytes of the manifest with its config and layers, as it names them; of an
 *     index with those of its children that {@link #withChildren} added
 * @param platform what an image runs on, from its config
 */
record ManifestFacts(ArtifactKind kind, long totalSize, Optional<Platform> platform) {
  /** A config that is longer is not looked into. */
  static final int LONGEST_CONFIG = 1 << 20;

  private static final JsonFactory JSON = new JsonFactory();

  /**
   * The facts of a manifest. Reads the config of an image, and nothing for all else.
   *
   * @param size of the manifest's bytes
   */
  static ManifestFacts of(Manifest manifest, int size, BlobBytes bytes, Repository repository) {
    ArtifactKind kind = ArtifactKind.of(manifest);
    return switch (manifest) {
      case Manifest.Index _ -> new ManifestFacts(kind, size, Optional.empty());
      case Manifest.Image image -> {
        long total = plus(size, image.config().map(Descriptor::size).orElse(0L));
        for (Descriptor layer : image.layers()) {
          total = plus(total, layer.size());
        }
        yield new ManifestFacts(
            kind,
            total,
            kind == ArtifactKind.IMAGE
                ? image
                    .config()
                    .filter(config -> config.size() <= LONGEST_CONFIG)
                    .flatMap(
                        config -> bytes.readIfWhole(repository, config.digest(), LONGEST_CONFIG))
                    .flatMap(ManifestFacts::platform)
                : Optional.empty());
      }
    };
  }

  /** With the sizes of an index's children. */
  ManifestFacts withChildren(long size) {
    return new ManifestFacts(kind, plus(totalSize, size), platform);
  }

  /** Anybody may claim any size of what is not here. */
  static long plus(long a, long b) {
    return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
  }

  /** What an image's config says it runs on; empty if it is no JSON or says nothing. */
  static Optional<Platform> platform(byte[] config) {
    String os = "";
    String architecture = "";
    String variant = "";
    try (JsonParser json = JSON.createParser(config)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        if (json.nextToken() == JsonToken.VALUE_STRING) {
          switch (name) {
            case "os" -> os = json.getText();
            case "architecture" -> architecture = json.getText();
            case "variant" -> variant = json.getText();
            default -> {}
          }
        } else {
          json.skipChildren();
        }
      }
    } catch (IOException e) {
      return Optional.empty(); // anybody may push a config that is none
    }
    return Platform.of(os, architecture, variant);
  }
}
