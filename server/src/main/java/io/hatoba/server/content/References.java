package io.hatoba.server.content;

import io.hatoba.oci.Descriptor;
import io.hatoba.oci.Digest;
import io.hatoba.oci.Manifest;
import io.hatoba.oci.MediaTypes;
import io.hatoba.oci.Platform;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a manifest names, sorted for locking.
 *
 * @param blobs what it names as blobs
 * @param requiredBlobs those of them that the repository must have
 * @param manifests what it names as manifests
 */
record References(
    List<Digest> blobs, List<Digest> requiredBlobs, List<Digest> manifests, List<Edge> edges) {
  private static final Set<String> MANIFEST_TYPES =
      Set.of(
          MediaTypes.OCI_MANIFEST,
          MediaTypes.OCI_INDEX,
          MediaTypes.OCI_ARTIFACT_MANIFEST,
          MediaTypes.DOCKER_MANIFEST,
          MediaTypes.DOCKER_MANIFEST_LIST,
          MediaTypes.DOCKER_SCHEMA_1,
          MediaTypes.DOCKER_SCHEMA_1_SIGNED);

  /**
   * Something that is named.
   *
   * @param platform what an index says that a child runs on
   */
  record Edge(Digest child, String kind, Optional<Platform> platform) {
    Edge(Digest child, String kind) {
      this(child, kind, Optional.empty());
    }
  }

  static References of(Manifest manifest) {
    SortedSet<Digest> blobs = new TreeSet<>();
    SortedSet<Digest> required = new TreeSet<>();
    SortedSet<Digest> manifests = new TreeSet<>();
    List<Edge> edges = new ArrayList<>();
    switch (manifest) {
      case Manifest.Image image -> {
        image.config().ifPresent(config -> edges.add(new Edge(config.digest(), "config")));
        image.config().ifPresent(config -> required.add(config.digest()));
        for (Descriptor layer : image.layers()) {
          edges.add(new Edge(layer.digest(), "layer"));
          (layer.isNonDistributable() ? blobs : required).add(layer.digest());
        }
      }
      case Manifest.Index index -> {
        for (Descriptor child : index.manifests()) {
          // BuildKit's cache export names layers in an index: they are blobs, and must stay as
          // blobs do.
          boolean isManifest = MANIFEST_TYPES.contains(child.mediaType());
          edges.add(
              isManifest
                  ? new Edge(child.digest(), "manifest", child.platform())
                  : new Edge(child.digest(), "layer"));
          (isManifest ? manifests : blobs).add(child.digest());
        }
      }
    }
    blobs.addAll(required);
    return new References(
        List.copyOf(blobs), List.copyOf(required), List.copyOf(manifests), List.copyOf(edges));
  }
}
