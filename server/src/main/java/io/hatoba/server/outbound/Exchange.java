package io.hatoba.server.outbound;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** One request over one connection to one address that was checked. */
final class Exchange {
  private static final Logger LOG = Logger.getLogger(Exchange.class);

  private final String host;
  private final long maxBody;
  private final Future<Reply> reply;

  // Set on the event loop, read by the thread that waits.
  private volatile @Nullable HttpClientRequest request;
  private volatile boolean abandoned;

  /** Starts it. */
  Exchange(HttpClient client, Call call, InetAddress address, int port, long maxBody) {
    this.host = Outbound.host(call.uri());
    this.maxBody = maxBody;
    this.reply =
        client.request(options(call, address, port)).compose(open -> send(open, call.body()));
  }

  private static RequestOptions options(Call call, InetAddress address, int port) {
    URI uri = call.uri();
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.valueOf(call.method()))
            .setHost(Outbound.host(uri))
            .setPort(port)
            .setServer(SocketAddress.inetSocketAddress(port, address.getHostAddress()))
            .setSsl(uri.getScheme().equals("https"))
            .setURI(target(uri))
            .setFollowRedirects(false);
    call.headers().forEach(options::putHeader);
    return options;
  }

  private static String target(URI uri) {
    String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
  }

  private Future<Reply> send(HttpClientRequest open, Optional<String> body) {
    request = open;
    if (abandoned) {
      open.reset();
    }
    return (body.isPresent()
            ? open.send(Buffer.buffer(body.get(), StandardCharsets.UTF_8.name()))
            : open.send())
        .compose(this::read);
  }

  private Future<Reply> read(HttpClientResponse response) {
    Promise<Reply> whole = Promise.promise();
    Buffer body = Buffer.buffer();
    response.exceptionHandler(whole::tryFail);
    response.handler(
        piece -> {
          if (body.length() + piece.length() > maxBody) {
            whole.tryComplete(new Reply.Failed(host + " sends more than " + maxBody + " bytes"));
            response.request().reset();
          } else {
            body.appendBuffer(piece);
          }
        });
    response.endHandler(end -> whole.tryComplete(answered(response, body)));
    return whole.future();
  }

  private static Reply answered(HttpClientResponse response, Buffer body) {
    Map<String, String> headers = new HashMap<>();
    response
        .headers()
        .forEach((name, value) -> headers.putIfAbsent(name.toLowerCase(Locale.ROOT), value));
    return new Reply.Answered(
        response.statusCode(), headers, body.toString(StandardCharsets.UTF_8));
  }

  /** Waits for the whole answer, and ends the connection if it does not come in time. */
  Reply await(Duration longest) {
    try {
      return reply
          .toCompletionStage()
          .toCompletableFuture()
          .get(longest.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      abandon();
      return new Reply.Failed(host + " did not answer in time");
    } catch (InterruptedException e) {
      abandon();
      Thread.currentThread().interrupt();
      return new Reply.Failed("the request to " + host + " was given up, the server stops");
    } catch (ExecutionException e) {
      LOG.debugf(e, "failed to ask host=%s", host);
      return new Reply.Failed(
          connected()
              ? host + " broke off its answer"
              : host + " could not be connected to, or its certificate is not trusted");
    }
  }

  /** Whether there was a connection, so that the request may have been read. */
  boolean connected() {
    return request != null;
  }

  private void abandon() {
    abandoned = true;
    HttpClientRequest open = request;
    if (open != null) {
      open.reset();
    }
  }
}
