package io.hatoba.client;

import io.hatoba.oci.Descriptor;
import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.Manifest;
import io.hatoba.oci.ManifestParser;
import io.hatoba.oci.MediaTypes;
import io.hatoba.oci.Reference;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.oci.Tag;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** The manifests, tags and referrers of one repository of a registry. */
public final class RemoteRepository {
  /** The specification's 4 MiB, and room for registries that take a little more. */
  private static final int LONGEST_MANIFEST = 5 * 1024 * 1024;

  private static final String ACCEPT =
      String.join(
          ", ",
          MediaTypes.OCI_MANIFEST,
          MediaTypes.OCI_INDEX,
          MediaTypes.DOCKER_MANIFEST,
          MediaTypes.DOCKER_MANIFEST_LIST,
          MediaTypes.OCI_ARTIFACT_MANIFEST,
          "*/*");

  private final Transport transport;
  private final RepositoryName name;

  RemoteRepository(Transport transport, RepositoryName name) {
    this.transport = transport;
    this.name = name;
  }

  /** The repository's name. */
  public RepositoryName name() {
    return name;
  }

  /** What the registry says about a manifest; empty if it has none (end-3, HEAD). */
  public Optional<ManifestInfo> head(Reference reference) throws IOException {
    Request request = manifest("HEAD", reference).header("Accept", ACCEPT);
    try (Answer answer = transport.send(request, Scope.pull(name))) {
      if (answer.status() == 404) {
        return Optional.empty();
      }
      answer.expect(200);
      Digest digest = named(reference, answer);
      long size =
          answer
              .length()
              .orElseThrow(
                  () -> RegistryException.protocol(answer.describe() + " names no length"));
      return Optional.of(new ManifestInfo(digest, mediaType(answer), size));
    }
  }

  /**
   * A manifest with its bytes; empty if the registry has none (end-3).
   *
   * @throws RegistryException with {@link RegistryException.Reason#CORRUPT} if the bytes are not
   *     those of the digest
   */
  public Optional<FetchedManifest> get(Reference reference) throws IOException {
    Request request = manifest("GET", reference).header("Accept", ACCEPT);
    try (Answer answer = transport.send(request, Scope.pull(name))) {
      if (answer.status() == 404) {
        return Optional.empty();
      }
      byte[] bytes = answer.expect(200).bytes(LONGEST_MANIFEST);
      Optional<Digest> promised =
          reference instanceof Digest digest ? Optional.of(digest) : answer.digest();
      Digest actual =
          Digest.of(promised.map(Digest::algorithm).orElse(DigestAlgorithm.SHA256), bytes);
      if (promised.isPresent() && !promised.get().equals(actual)) {
        throw RegistryException.corrupt(
            "the manifest %s has the digest %s".formatted(promised.get(), actual));
      }
      return Optional.of(new FetchedManifest(actual, mediaType(answer), bytes));
    }
  }

  /**
   * Pushes a manifest under its digest, and under these tags in the same request (end-7b).
   *
   * @param digest of the bytes; with a registry older than {@code tag=} the tags come back empty
   */
  public PushedManifest put(Digest digest, String mediaType, byte[] bytes, List<Tag> tags)
      throws IOException {
    StringBuilder query = new StringBuilder();
    for (Tag tag : tags) {
      query.append(query.isEmpty() ? "?" : "&").append("tag=").append(tag);
    }
    return put(path("manifests/" + digest + query), digest, mediaType, bytes);
  }

  /** Pushes a manifest under a tag (end-7a); its digest is the SHA-256 one. */
  public PushedManifest put(Tag tag, String mediaType, byte[] bytes) throws IOException {
    return put(path("manifests/" + tag), Digest.sha256(bytes), mediaType, bytes);
  }

  /** Removes a tag, or a manifest with all its tags (end-9); false if it was not there. */
  public boolean delete(Reference reference) throws IOException {
    try (Answer answer = transport.send(manifest("DELETE", reference), Scope.delete(name))) {
      if (answer.status() == 404) {
        return false;
      }
      answer.expect(202, 200, 204);
      return true;
    }
  }

  /** The tags, page by page (end-8). */
  public Pages<Tag> tags(int pageSize) {
    return new Pages<>(
        transport,
        Request.of("GET", path("tags/list?n=" + pageSize)),
        Scope.pull(name),
        body -> {
          try {
            return AnswerJson.strings(body, "tags").stream().map(Tag::parse).toList();
          } catch (RefusedException e) {
            throw RegistryException.protocol("a list has a tag that is none: " + e.getMessage());
          }
        });
  }

  /**
   * What refers to a manifest, page by page (end-12). The manifest need not exist. Registries
   * without the referrers API answer 404; their fallback tags are not read.
   *
   * @param artifactType only referrers of this type
   */
  public Pages<Descriptor> referrers(Digest subject, Optional<String> artifactType) {
    String query =
        artifactType
            .map(type -> "?artifactType=" + URLEncoder.encode(type, StandardCharsets.UTF_8))
            .orElse("");
    return new Pages<>(
        transport,
        Request.of("GET", path("referrers/" + subject + query))
            .header("Accept", MediaTypes.OCI_INDEX),
        Scope.pull(name),
        // The registry may ignore the filter, so it is applied here again.
        body ->
            referrers(body).stream()
                .filter(d -> artifactType.isEmpty() || artifactType.equals(d.artifactType()))
                .toList());
  }

  private static List<Descriptor> referrers(byte[] body) throws RegistryException {
    try {
      Manifest parsed = ManifestParser.parse(Optional.of(MediaTypes.OCI_INDEX), body);
      if (parsed instanceof Manifest.Index index) {
        return index.manifests();
      }
      throw RegistryException.protocol("a list of referrers is no index");
    } catch (RefusedException e) {
      throw RegistryException.protocol("a list of referrers is no index: " + e.getMessage());
    }
  }

  private PushedManifest put(URI uri, Digest digest, String mediaType, byte[] bytes)
      throws IOException {
    Request request = Request.of("PUT", uri).body(mediaType, Payload.whole(BlobSource.of(bytes)));
    try (Answer answer = transport.send(request, Scope.push(name)).expect(201)) {
      answer.checkStored(digest);
      try {
        return new PushedManifest(
            digest,
            answer.header("OCI-Subject").map(Digest::parse),
            answer.headers("OCI-Tag").stream().map(Tag::parse).toList());
      } catch (RefusedException e) {
        throw RegistryException.protocol(answer.describe() + ": " + e.getMessage());
      }
    }
  }

  private static Digest named(Reference reference, Answer answer) throws RegistryException {
    if (reference instanceof Digest digest) {
      return digest;
    }
    return answer
        .digest()
        .orElseThrow(() -> RegistryException.protocol(answer.describe() + " names no digest"));
  }

  private static String mediaType(Answer answer) {
    String type = answer.header("Content-Type").orElse("");
    int parameters = type.indexOf(';');
    return (parameters < 0 ? type : type.substring(0, parameters)).strip();
  }

  private Request manifest(String method, Reference reference) {
    return Request.of(method, path("manifests/" + reference));
  }

  private URI path(String rest) {
    return transport.origin().resolve("/v2/" + name + "/" + rest);
  }
}
