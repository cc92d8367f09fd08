package io.hatoba.acceptance.identity;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpCookie;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * As much of a browser as a sign-in needs: it keeps cookies by path, and shows each redirect. All
 * servers of a test are one host to it, as for real browsers, which do not look at ports.
 */
final class Browser implements AutoCloseable {
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();
  private final Map<String, HttpCookie> cookies = new LinkedHashMap<>();

  /** Opens an address. */
  HttpResponse<String> get(URI address) {
    return send(HttpRequest.newBuilder(address).GET(), address);
  }

  /** Sends a form. */
  HttpResponse<String> post(URI address, Map<String, String> form) {
    String body =
        form.entrySet().stream()
            .map(
                field ->
                    field.getKey()
                        + "="
                        + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
    return send(
        HttpRequest.newBuilder(address)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(body)),
        address);
  }

  /** Where an answer sends the browser. */
  static Optional<URI> target(HttpResponse<String> answer) {
    return answer.statusCode() / 100 == 3
        ? answer.headers().firstValue("Location").map(answer.uri()::resolve)
        : Optional.empty();
  }

  /** The value of a cookie that the browser has. */
  Optional<String> cookie(String name) {
    return cookies.values().stream()
        .filter(cookie -> cookie.getName().equals(name))
        .map(HttpCookie::getValue)
        .findFirst();
  }

  private HttpResponse<String> send(HttpRequest.Builder request, URI address) {
    String sent =
        cookies.values().stream()
            .filter(cookie -> address.getPath().startsWith(cookie.getPath()))
            .map(cookie -> cookie.getName() + "=" + cookie.getValue())
            .collect(Collectors.joining("; "));
    if (!sent.isEmpty()) {
      request.header("Cookie", sent);
    }
    try {
      HttpResponse<String> answer =
          http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      answer.headers().allValues("Set-Cookie").forEach(this::keep);
      return answer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private void keep(String header) {
    List<HttpCookie> parsed = HttpCookie.parse(header);
    for (HttpCookie cookie : parsed) {
      if (cookie.getPath() == null) {
        cookie.setPath("/");
      }
      String key = cookie.getName() + " " + cookie.getPath();
      if (cookie.hasExpired() || cookie.getValue().isEmpty()) {
        cookies.remove(key);
      } else {
        cookies.put(key, cookie);
      }
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
