package io.hatoba.client;

import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.RepositoryName;
import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import java.util.OptionalLong;

/** The blobs of one repository of a registry. */
public final class RemoteBlobs {
  private final Transport transport;
  private final RepositoryName name;

  RemoteBlobs(Transport transport, RepositoryName name) {
    this.transport = transport;
    this.name = name;
  }

  /** The size of a blob; empty if the repository does not have it (end-2, HEAD). */
  public OptionalLong size(Digest digest) throws IOException {
    try (Answer answer = transport.send(Request.of("HEAD", blob(digest)), Scope.pull(name))) {
      if (answer.status() == 404) {
        return OptionalLong.empty();
      }
      answer.expect(200);
      if (answer.length().isEmpty()) {
        throw RegistryException.protocol(answer.describe() + " names no length");
      }
      return answer.length();
    }
  }

  /**
   * A blob as a stream; empty if the repository does not have it (end-2). A broken transfer goes on
   * where it stopped, and the end of the stream is only reached if all bytes together have the
   * digest.
   */
  public Optional<BlobDownload> get(Digest digest) throws IOException {
    return BlobDownload.whole(transport, blob(digest), Scope.pull(name), digest);
  }

  /**
   * A part of a blob as a stream; empty if the repository does not have the blob. A broken transfer
   * goes on where it stopped; the digest cannot be checked.
   *
   * @throws RegistryException with status 416 if the range starts behind the blob's end
   */
  public Optional<BlobDownload> get(Digest digest, ByteRange range) throws IOException {
    return BlobDownload.part(transport, blob(digest), Scope.pull(name), digest, range);
  }

  /**
   * Pushes a blob; returns when the registry has it. It does not ask whether the registry has it
   * already ({@link #size}). A broken push goes on where the registry says it stopped; one that
   * fails for good is cancelled.
   */
  public void push(Digest digest, BlobSource source, PushStyle style) throws IOException {
    new BlobPush(transport, this, digest, source, style).run();
  }

  /** Pushes a blob in the usual way. */
  public void push(Digest digest, BlobSource source) throws IOException {
    push(digest, source, new PushStyle.Monolithic());
  }

  /** Opens an upload (end-4a). */
  public UploadSession startUpload(DigestAlgorithm algorithm) throws IOException {
    // Registries assume sha256; older ones do not know the parameter and need not see it.
    String query =
        algorithm == DigestAlgorithm.SHA256 ? "" : "?digest-algorithm=" + algorithm.identifier();
    Request request = Request.of("POST", path("blobs/uploads/" + query));
    try (Answer answer = transport.send(request, Scope.push(name)).expect(202)) {
      return UploadSession.opened(transport, Scope.push(name), answer);
    }
  }

  /**
   * Asks for a blob of another repository of the same registry (end-11).
   *
   * @param from where it is; if empty the registry looks wherever the caller may read
   */
  public Mount mount(Digest digest, Optional<RepositoryName> from) throws IOException {
    String source = from.map(repository -> "&from=" + repository).orElse("");
    Request request = Request.of("POST", path("blobs/uploads/?mount=" + digest + source));
    Scope[] scopes =
        from.map(repository -> new Scope[] {Scope.push(name), Scope.pull(repository)})
            .orElseGet(() -> new Scope[] {Scope.push(name)});
    try (Answer answer = transport.send(request, scopes).expect(201, 202)) {
      if (answer.status() == 201) {
        return new Mount.Mounted();
      }
      return new Mount.Started(UploadSession.opened(transport, Scope.push(name), answer));
    }
  }

  /** Removes a blob from the repository (end-10); false if it was not there. */
  public boolean delete(Digest digest) throws IOException {
    try (Answer answer = transport.send(Request.of("DELETE", blob(digest)), Scope.delete(name))) {
      if (answer.status() == 404) {
        return false;
      }
      answer.expect(202, 200, 204);
      return true;
    }
  }

  private URI blob(Digest digest) {
    return path("blobs/" + digest);
  }

  private URI path(String rest) {
    return transport.origin().resolve("/v2/" + name + "/" + rest);
  }
}
