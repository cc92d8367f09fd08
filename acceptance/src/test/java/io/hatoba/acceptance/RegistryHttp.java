package io.hatoba.acceptance;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/**
 * Plain requests of the distribution protocol with an access key, one to one: no retry, no
 * redirect, nothing hidden.
 *
 * <p>A lost connection is an {@link IOException}: the caller then knows nothing about what became
 * of the request.
 */
public final class RegistryHttp implements AutoCloseable {

  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final byte[] NOTHING = new byte[0];

  private final RegistryServer server;
  private final Optional<String> authorization;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  /** Requests with the access key of the tests. */
  public RegistryHttp(RegistryServer server) {
    this(server, Optional.of(RegistryServer.KEY.basic()));
  }

  private RegistryHttp(RegistryServer server, Optional<String> authorization) {
    this.server = server;
    this.authorization = authorization;
  }

  /** Requests of somebody who is not known. */
  public static RegistryHttp anonymous(RegistryServer server) {
    return new RegistryHttp(server, Optional.empty());
  }

  /** Requests with a token. */
  public static RegistryHttp bearer(RegistryServer server, String token) {
    return new RegistryHttp(server, Optional.of("Bearer " + token));
  }

  public HttpResponse<byte[]> get(String path) throws IOException {
    return send("GET", path, NOTHING);
  }

  public HttpResponse<byte[]> head(String path) throws IOException {
    return send("HEAD", path, NOTHING);
  }

  public HttpResponse<byte[]> delete(String path) throws IOException {
    return send("DELETE", path, NOTHING);
  }

  /** Sends one request; {@code headers} are names and values in turn. */
  public HttpResponse<byte[]> send(String method, String path, byte[] body, String... headers)
      throws IOException {
    return send(
        method,
        path,
        body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body),
        headers);
  }

  /** Sends a body without saying how long it is: {@code Transfer-Encoding: chunked}. */
  public HttpResponse<byte[]> sendChunked(
      String method, String path, byte[] body, String... headers) throws IOException {
    return send(
        method, path, BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)), headers);
  }

  private HttpResponse<byte[]> send(
      String method, String path, BodyPublisher publisher, String... headers) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address(path)).timeout(LIMIT).method(method, publisher);
    authorization.ifPresent(value -> request.header("Authorization", value));
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted during " + method + " " + path, e);
    }
  }

  private URI address(String path) {
    return path.startsWith("http:") ? URI.create(path) : server.url(path);
  }

  /** Opens an upload session; answers where to send the bytes. */
  public HttpResponse<byte[]> openUpload(String repository) throws IOException {
    return send("POST", "/v2/" + repository + "/blobs/uploads/", NOTHING);
  }

  /** The address of an upload session with a parameter more. */
  public static String with(String location, String parameter) {
    return location + (location.contains("?") ? "&" : "?") + parameter;
  }

  /** Where the next request of an upload goes. */
  public static String location(HttpResponse<?> answer) {
    return answer
        .headers()
        .firstValue("Location")
        .orElseThrow(() -> new AssertionError("no Location in " + answer + answer.headers().map()));
  }

  /** Pushes a blob by one POST and one PUT; answers the last answer. */
  public HttpResponse<byte[]> pushBlob(String repository, byte[] bytes) throws IOException {
    HttpResponse<byte[]> opened = openUpload(repository);
    if (opened.statusCode() != 202) {
      return opened;
    }
    return send("PUT", with(location(opened), "digest=" + Content.digest(bytes)), bytes);
  }

  /** Pushes a manifest under a tag or its digest. */
  public HttpResponse<byte[]> pushManifest(
      String repository, String reference, byte[] bytes, String mediaType) throws IOException {
    return send(
        "PUT", "/v2/" + repository + "/manifests/" + reference, bytes, "Content-Type", mediaType);
  }

  @Override
  public void close() {
    client.close();
  }
}
