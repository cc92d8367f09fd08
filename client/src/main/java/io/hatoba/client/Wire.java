package io.hatoba.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/**
 * Sends one request and returns its answer, whatever it is: no redirects, no credentials of its
 * own, no second try.
 *
 * <p>HTTP/1.1 only: a connection per transfer is what large blobs want, and over plain http HTTP/2
 * would be an upgrade request that some registries stumble over. The JDK repeats a GET or HEAD by
 * itself once when the connection ends before a byte of the answer; that is not counted.
 */
final class Wire implements AutoCloseable {
  private final HttpClient http;
  private final ClientSettings settings;

  Wire(ClientSettings settings) {
    this.settings = settings;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .proxy(HttpClient.Builder.NO_PROXY)
            .connectTimeout(settings.timeouts().connect());
    settings.trust().tls().ifPresent(builder::sslContext);
    this.http = builder.build();
  }

  /**
   * Sends a request.
   *
   * @throws ConnectionFailedException if there was no answer and a later try may get one
   */
  Answer exchange(Request request, Optional<String> authorization) throws IOException {
    checkAddresses(request.uri().getHost());
    if (request.payload().isEmpty()) {
      return exchange(request, authorization, BodyPublishers.noBody(), Optional.empty());
    }
    try (Payload.Sending sending = request.payload().get().start()) {
      return exchange(request, authorization, sending.publisher(), Optional.of(sending));
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
    http.close();
  }

  private Answer exchange(
      Request request,
      Optional<String> authorization,
      BodyPublisher body,
      Optional<Payload.Sending> sending)
      throws IOException {
    HttpRequest.Builder builder = HttpRequest.newBuilder(request.uri());
    builder.method(request.method(), body).header("User-Agent", settings.userAgent());
    request.headers().forEach(builder::header);
    authorization.ifPresent(value -> builder.header("Authorization", value));
    CompletableFuture<HttpResponse<BodyStream>> future =
        http.sendAsync(builder.build(), info -> new BodyStream(settings.timeouts().stall()));
    try {
      HttpResponse<BodyStream> response = await(request, future, sending);
      return new Answer(
          request, response.statusCode(), response.headers(), response.body(), settings.retries());
    } catch (InterruptedException e) {
      future.cancel(true);
      throw BodyStream.interrupted(e);
    } catch (ExecutionException e) {
      if (sending.isPresent()) {
        sending.get().checkSource();
      }
      throw failure(request, Optional.ofNullable(e.getCause()).orElse(e));
    }
  }

  private HttpResponse<BodyStream> await(
      Request request,
      CompletableFuture<HttpResponse<BodyStream>> future,
      Optional<Payload.Sending> sending)
      throws IOException, InterruptedException, ExecutionException {
    long seen = -1;
    while (true) {
      long progress = sending.map(Payload.Sending::progress).orElse(0L);
      if (progress == seen) {
        future.cancel(true);
        throw new ConnectionFailedException(
            "%s stalled for %s".formatted(request.describe(), settings.timeouts().stall()));
      }
      seen = progress;
      try {
        return future.get(settings.timeouts().stall().toNanos(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        // Not yet: the next round looks whether anything moved meanwhile.
      } catch (CancellationException e) {
        throw new ConnectionFailedException(request.describe() + " was cancelled", e);
      }
    }
  }

  private void checkAddresses(String host) throws IOException {
    AddressCheck check = settings.trust().addresses();
    if (check.equals(AddressCheck.ANY)) {
      return;
    }
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        check.check(host, address);
      }
    } catch (UnknownHostException e) {
      throw new ConnectionFailedException(host + " has no address", e);
    }
  }

  private static IOException failure(Request request, Throwable cause) {
    String message = request.describe() + " failed";
    if (cause instanceof SSLException) {
      return new IOException(message, cause);
    }
    if (cause instanceof IOException) {
      return new ConnectionFailedException(message, cause);
    }
    return new IOException(message, cause);
  }
}
