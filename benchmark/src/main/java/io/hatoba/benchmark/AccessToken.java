package io.hatoba.benchmark;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Gets tokens for loads that do not go through the client. */
final class AccessToken {
  private static final Pattern REALM = Pattern.compile("realm=\"([^\"]+)\"");
  private static final Pattern SERVICE = Pattern.compile("service=\"([^\"]+)\"");
  private static final Pattern TOKEN = Pattern.compile("\"token\"\\s*:\\s*\"([^\"]+)\"");

  private AccessToken() {}

  /** What to send as {@code Authorization}; empty if the server needs nobody to log in. */
  static Optional<String> authorization(Peer peer, String scope)
      throws IOException, InterruptedException {
    if (peer.key().isEmpty()) {
      return Optional.empty();
    }
    Peer.Key key = peer.key().get();
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest ping = HttpRequest.newBuilder(peer.origin().resolve("/v2/")).build();
      String challenge =
          http.send(ping, HttpResponse.BodyHandlers.discarding())
              .headers()
              .firstValue("WWW-Authenticate")
              .orElseThrow(() -> new IOException(peer.name() + " does not ask for a token"));
      URI realm =
          URI.create(
              first(REALM, challenge)
                  + "?service="
                  + URLEncoder.encode(first(SERVICE, challenge), StandardCharsets.UTF_8)
                  + "&scope="
                  + URLEncoder.encode(scope, StandardCharsets.UTF_8));
      byte[] pair = (key.id() + ":" + key.secret()).getBytes(StandardCharsets.UTF_8);
      HttpRequest request =
          HttpRequest.newBuilder(realm)
              .header("Authorization", "Basic " + Base64.getEncoder().encodeToString(pair))
              .build();
      HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new IOException(peer.name() + " gave no token but " + answer.statusCode());
      }
      return Optional.of("Bearer " + first(TOKEN, answer.body()));
    }
  }

  private static String first(Pattern pattern, String text) throws IOException {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw new IOException("an answer lacks " + pattern);
    }
    return matcher.group(1);
  }
}
