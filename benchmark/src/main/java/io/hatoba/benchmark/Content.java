package io.hatoba.benchmark;

import io.hatoba.client.BlobSource;
import io.hatoba.client.ClientSettings;
import io.hatoba.client.Credentials;
import io.hatoba.client.RegistryClient;
import io.hatoba.oci.Digest;
import io.hatoba.oci.MediaTypes;
import io.hatoba.oci.RepositoryName;
import io.hatoba.oci.Tag;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * What is pulled: an image of one large layer, six small ones and a config. A registry gets it by a
 * push, nginx as two files.
 */
final class Content {
  static final RepositoryName REPOSITORY = RepositoryName.parse(PeerLauncher.REGISTRY + "/pulled");
  static final Tag TAG = Tag.parse("latest");

  private final byte[] blob;
  private final Digest digest;
  private final List<byte[]> small = new ArrayList<>();
  private final byte[] manifest;

  Content(int mebibytes) {
    Random random = new Random(20261124);
    this.blob = new byte[mebibytes * 1024 * 1024];
    random.nextBytes(blob);
    this.digest = Digest.sha256(blob);
    for (int i = 0; i < 7; i++) {
      byte[] bytes = new byte[200];
      random.nextBytes(bytes);
      small.add(bytes);
    }
    this.manifest = manifest();
  }

  /** Where the large blob is on this server. */
  String blobTarget(Peer peer) {
    return peer.isRegistry() ? "/v2/" + REPOSITORY + "/blobs/" + digest : "/blob";
  }

  /** Where the manifest is on this server. */
  String manifestTarget(Peer peer) {
    return peer.isRegistry() ? "/v2/" + REPOSITORY + "/manifests/" + TAG : "/manifest";
  }

  /** Puts it there. */
  void put(Peer peer, Path documents) throws IOException {
    if (!peer.isRegistry()) {
      Files.write(documents.resolve("blob"), blob);
      Files.write(documents.resolve("manifest"), manifest);
      return;
    }
    Credentials credentials =
        peer.key()
            .map(key -> Credentials.accessKey(key.id(), key.secret()))
            .orElseGet(Credentials::anonymous);
    try (RegistryClient client =
        RegistryClient.of(peer.origin(), credentials, ClientSettings.DEFAULT)) {
      client.blobs(REPOSITORY).push(digest, BlobSource.of(blob));
      for (byte[] bytes : small) {
        client.blobs(REPOSITORY).push(Digest.sha256(bytes), BlobSource.of(bytes));
      }
      client.repository(REPOSITORY).put(TAG, MediaTypes.OCI_MANIFEST, manifest);
    }
  }

  private byte[] manifest() {
    StringBuilder layers = new StringBuilder(descriptor(MediaTypes.OCI_LAYER_GZIP, blob));
    for (byte[] bytes : small.subList(1, small.size())) {
      layers.append(',').append(descriptor(MediaTypes.OCI_LAYER_GZIP, bytes));
    }
    return """
    {"schemaVersion":2,"mediaType":"%s","config":%s,"layers":[%s]}"""
        .formatted(
            MediaTypes.OCI_MANIFEST, descriptor(MediaTypes.OCI_CONFIG, small.getFirst()), layers)
        .getBytes(StandardCharsets.UTF_8);
  }

  static String descriptor(String mediaType, byte[] content) {
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}"
        .formatted(mediaType, Digest.sha256(content), content.length);
  }
}
