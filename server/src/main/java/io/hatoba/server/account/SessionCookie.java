package io.hatoba.server.account;

import io.hatoba.server.endpoint.Endpoint;
import io.hatoba.server.startup.Secret;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The cookie that carries a session's secret. Over https it is {@code __Host-hatoba}, which
 * browsers take from this host alone and only over https; over plain http, where they would refuse
 * that name, it is {@code hatoba}. It ends with the browser's session or with the server's.
 */
public final class SessionCookie {
  private static final Pattern VALUE = Pattern.compile("[A-Za-z0-9_-]{43}");

  private SessionCookie() {}

  /** What the cookie is called where the client sees the server at this address. */
  public static String name(Endpoint endpoint) {
    return secure(endpoint) ? "__Host-hatoba" : "hatoba";
  }

  /** The {@code Set-Cookie} that begins a session. */
  public static String set(Endpoint endpoint, Secret secret) {
    return name(endpoint) + "=" + secret.reveal() + attributes(endpoint);
  }

  /** The {@code Set-Cookie} that takes it away again. */
  public static String clear(Endpoint endpoint) {
    return name(endpoint) + "=; Max-Age=0" + attributes(endpoint);
  }

  /** The secret, if the value of a cookie can be one. */
  public static Optional<Secret> parse(String value) {
    return VALUE.matcher(value).matches() ? Optional.of(new Secret(value)) : Optional.empty();
  }

  private static String attributes(Endpoint endpoint) {
    return "; Path=/; HttpOnly; SameSite=Lax" + (secure(endpoint) ? "; Secure" : "");
  }

  private static boolean secure(Endpoint endpoint) {
    return endpoint.origin().startsWith("https://");
  }
}
