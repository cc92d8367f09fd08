package io.hatoba.client;

import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import java.io.IOException;
import java.net.URI;

/**
 * One registry. Opens connections when they are needed; {@link #close()} ends them and whatever is
 * still running.
 */
public final class RegistryClient implements AutoCloseable {
  private final Transport transport;

  private RegistryClient(Transport transport) {
    this.transport = transport;
  }

  /**
   * A client of the registry at this origin; sends nothing yet.
   *
   * @param origin scheme (http or https), host and, if need be, port; nothing else
   */
  public static RegistryClient of(URI origin, Credentials credentials, ClientSettings settings) {
    String path = origin.getRawPath();
    if (!Origins.isSpoken(origin)
        || !(path.isEmpty() || path.equals("/"))
        || origin.getRawQuery() != null
        || origin.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "an origin is http or https, a host and perhaps a port, and nothing else");
    }
    return new RegistryClient(new Transport(origin.resolve("/"), credentials, settings));
  }

  /**
   * Asks whether a registry is there that takes these credentials (end-1).
   *
   * @throws RegistryException with status 401 if it does not take them, 404 if it is no registry
   */
  public void ping() throws IOException {
    transport.send(Request.of("GET", transport.origin().resolve("/v2/"))).expect(200).close();
  }

  /** All repositories that the caller may see, page by page ({@code _catalog}). */
  public Pages<RepositoryName> catalog(int pageSize) {
    return new Pages<>(
        transport,
        Request.of("GET", transport.origin().resolve("/v2/_catalog?n=" + pageSize)),
        Scope.CATALOG,
        answer -> {
          try {
            return AnswerJson.strings(answer, "repositories").stream()
                .map(RepositoryName::parse)
                .toList();
          } catch (RefusedException e) {
            throw RegistryException.protocol(
                "the catalog lists a name that is none: " + e.getMessage());
          }
        });
  }

  /** The manifests, tags and referrers of a repository; sends nothing yet. */
  public RemoteRepository repository(RepositoryName name) {
    return new RemoteRepository(transport, name);
  }

  /** The blobs of a repository; sends nothing yet. */
  public RemoteBlobs blobs(RepositoryName name) {
    return new RemoteBlobs(transport, name);
  }

  @Override
  public void close() {
    transport.close();
  }
}
