package io.hatoba.server.endpoint;

import io.hatoba.server.startup.StartupException;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.SocketAddress;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Finds out where a request came from and under which address its client sees this server.
 *
 * <p>The address is, in this order: the configured external one; what a trusted proxy says; the
 * {@code Host} of the request; the socket. Text that is no host name with an optional port is
 * skipped, since it comes back to clients in headers.
 */
@Singleton
public final class Endpoints {
  private static final Pattern HOST =
      Pattern.compile(
          "(?<name>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]{2,45}])"
              + "(?::(?<port>[0-9]{1,5}))?");

  private final Optional<Endpoint> external;
  private final Networks trusted;
  private final EndpointConfig.ForwardedHeader kind;

  public Endpoints(EndpointConfig config) {
    this.external = config.externalUrl().map(Endpoints::external);
    this.kind = config.forwardedHeader();
    try {
      this.trusted = Networks.parse(config.trustedProxies().orElse(List.of()));
    } catch (IllegalArgumentException e) {
      throw new StartupException("hatoba.endpoint.trusted-proxies: " + e.getMessage() + ".", e);
    }
  }

  private static Endpoint external(String url) {
    String text = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    int end = text.indexOf("://");
    if (end < 0) {
      throw badExternal(url);
    }
    Optional<String> scheme = scheme(text.substring(0, end));
    Optional<String> host = host(text.substring(end + 3));
    if (scheme.isEmpty() || host.isEmpty()) {
      throw badExternal(url);
    }
    return new Endpoint(scheme.get() + "://" + host.get());
  }

  private static StartupException badExternal(String url) {
    return new StartupException(
        "hatoba.endpoint.external-url must be http:// or https:// with a host and maybe a port, such as"
            + " https://registry.example.com, not '"
            + url
            + "'.");
  }

  /** The address under which the client sees this server. */
  public Endpoint of(HttpServerRequest request) {
    return of(arrival(request));
  }

  /** The network address of the client. */
  public String clientAddress(HttpServerRequest request) {
    String peer = request.remoteAddress().hostAddress();
    return trusted.contain(peer) ? clientAddress(arrival(request)) : peer;
  }

  Endpoint of(Arrival arrival) {
    if (external.isPresent()) {
      return external.get();
    }
    Optional<Hop> hop =
        trusted.contain(arrival.peer()) ? Optional.of(firstHop(arrival)) : Optional.empty();
    String scheme = hop.flatMap(Hop::scheme).orElse(arrival.scheme());
    String host =
        hop.flatMap(Hop::host)
            .or(() -> arrival.host().flatMap(Endpoints::host))
            .orElse(arrival.local());
    String port =
        hop.flatMap(Hop::port)
            .filter(number -> !hasPort(host))
            .filter(number -> !number.equals(scheme.equals("https") ? "443" : "80"))
            .map(number -> ":" + number)
            .orElse("");
    return new Endpoint(scheme + "://" + host + port);
  }

  String clientAddress(Arrival arrival) {
    String peer = arrival.peer();
    List<String> claimed = claimedAddresses(arrival);
    // From the nearest proxy outwards: what is left of the first untrusted one is made up.
    for (int i = claimed.size() - 1; i >= 0 && trusted.contain(peer); i--) {
      Optional<InetAddress> next = Networks.address(claimed.get(i));
      if (next.isEmpty()) {
        return peer;
      }
      peer = next.get().getHostAddress();
    }
    return peer;
  }

  private List<String> claimedAddresses(Arrival arrival) {
    return switch (kind) {
      case X_FORWARDED -> arrival.all("X-Forwarded-For");
      case FORWARDED ->
          arrival.all("Forwarded").stream()
              .map(element -> parameter(element, "for").map(Endpoints::withoutPort).orElse(""))
              .toList();
    };
  }

  /** What the proxy that the client spoke to has seen: the leftmost values. */
  private Hop firstHop(Arrival arrival) {
    return switch (kind) {
      case X_FORWARDED ->
          new Hop(
              first(arrival, "X-Forwarded-Proto").flatMap(Endpoints::scheme),
              first(arrival, "X-Forwarded-Host").flatMap(Endpoints::host),
              first(arrival, "X-Forwarded-Port").filter(Endpoints::isPort));
      case FORWARDED -> {
        String element = first(arrival, "Forwarded").orElse("");
        yield new Hop(
            parameter(element, "proto").flatMap(Endpoints::scheme),
            parameter(element, "host").flatMap(Endpoints::host),
            Optional.empty());
      }
    };
  }

  private static Optional<String> first(Arrival arrival, String header) {
    return arrival.all(header).stream().findFirst();
  }

  private static Optional<String> parameter(String element, String name) {
    for (String pair : element.split(";", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0 && pair.substring(0, equals).strip().equalsIgnoreCase(name)) {
        String value = pair.substring(equals + 1).strip();
        return Optional.of(
            value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"")
                ? value.substring(1, value.length() - 1)
                : value);
      }
    }
    return Optional.empty();
  }

  private static String withoutPort(String node) {
    if (node.startsWith("[")) {
      int end = node.indexOf(']');
      return end < 0 ? node : node.substring(1, end);
    }
    int colon = node.indexOf(':');
    return colon < 0 ? node : node.substring(0, colon);
  }

  private static Optional<String> scheme(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    return lower.equals("http") || lower.equals("https") ? Optional.of(lower) : Optional.empty();
  }

  private static Optional<String> host(String text) {
    var matcher = HOST.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String port = matcher.group("port");
    return port == null || isPort(port) ? Optional.of(text) : Optional.empty();
  }

  private static boolean hasPort(String host) {
    return host.lastIndexOf(':') > host.lastIndexOf(']');
  }

  private static boolean isPort(String text) {
    if (!text.matches("[0-9]{1,5}")) {
      return false;
    }
    int port = Integer.parseInt(text);
    return port > 0 && port <= 65_535;
  }

  private static Arrival arrival(HttpServerRequest request) {
    HostAndPort authority = request.authority();
    SocketAddress local = request.localAddress();
    String localHost = local.hostAddress();
    return new Arrival(
        request.isSSL() ? "https" : "http",
        authority == null
            ? Optional.ofNullable(request.getHeader("Host"))
            : Optional.of(authority.toString()),
        (localHost.indexOf(':') < 0 ? localHost : "[" + localHost + "]") + ":" + local.port(),
        request.remoteAddress().hostAddress(),
        name -> request.headers().getAll(name));
  }

  /** What the proxy has said about the address, each part only if it is well-formed. */
  private record Hop(Optional<String> scheme, Optional<String> host, Optional<String> port) {}

  /**
   * How a request arrived.
   *
   * @param host the {@code Host} header or the authority of HTTP/2
   * @param local host and port of the socket it came in by
   * @param peer the address of the socket's other end
   */
  record Arrival(String scheme, Optional<String> host, String local, String peer, Headers headers) {
    /** All values of a header, over all its lines, in order. */
    List<String> all(String header) {
      return headers.lines(header).stream()
          .flatMap(line -> List.of(line.split(",", -1)).stream())
          .map(String::strip)
          .filter(value -> !value.isEmpty())
          .toList();
    }
  }

  /** The lines of a header. */
  @FunctionalInterface
  interface Headers {
    List<String> lines(String name);
  }
}
