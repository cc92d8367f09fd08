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
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * Finds out where a request came from, on which side of the private network, and under which
 * address its client sees this server.
 *
 * <p>A request is {@link Side#PRIVATE} if
 *
 * <ul>
 *   <li>it came to the private port; or
 *   <li>its client's address, as far as trusted proxies say it, lies in a private network. It does
 *       not count if the last address that is known is a trusted proxy's own (it did not say for
 *       whom it asks), nor if somebody else has put forwarding headers on the request: then it went
 *       through a proxy that nobody has declared; or
 *   <li>it calls the private host, and the operator has stated that nobody can do so from outside.
 *       Otherwise that name means nothing, since a client can send any name.
 * </ul>
 *
 * What is none of this is {@link Side#PUBLIC}, also if it cannot be told.
 *
 * <p>The address is, in this order: the configured one of the side, if the request does not call
 * another one that is configured; what a trusted proxy says; the {@code Host} of the request; the
 * socket. Text that is no host name with an optional port is skipped, since it comes back to
 * clients in headers.
 */
@Singleton
public final class Endpoints {
  private static final Pattern HOST =
      Pattern.compile(
          "(?<name>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]{2,45}])"
              + "(?::(?<port>[0-9]{1,5}))?");

  private static final List<String> FORWARDING =
      List.of("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via");

  private final Optional<Endpoint> external;
  private final Optional<Endpoint> internal;
  private final Networks trusted;
  private final Networks inside;
  private final OptionalInt privatePort;
  private final boolean trustPrivateHost;
  private final boolean divided;
  private final EndpointConfig.ForwardedHeader kind;

  public Endpoints(EndpointConfig config) {
    this.external = config.externalUrl().map(url -> configured("external-url", url));
    this.internal = config.privateUrl().map(url -> configured("private-url", url));
    this.kind = config.forwardedHeader();
    this.trusted = networks("trusted-proxies", config.trustedProxies());
    this.inside = networks("private-networks", config.privateNetworks());
    this.privatePort = config.privatePort().map(OptionalInt::of).orElse(OptionalInt.empty());
    this.trustPrivateHost = config.trustPrivateHost();
    this.divided =
        config.privateNetworks().isPresent() || privatePort.isPresent() || trustPrivateHost;
    check();
  }

  private static Networks networks(String key, Optional<List<String>> entries) {
    try {
      return Networks.parse(entries.orElse(List.of()));
    } catch (IllegalArgumentException e) {
      throw new StartupException("hatoba.endpoint." + key + ": " + e.getMessage() + ".", e);
    }
  }

  private void check() {
    if (internal.isPresent() && !divided) {
      throw new StartupException(
          "hatoba.endpoint.private-url alone makes no client an inside one, since everybody can send"
              + " its name. Set hatoba.endpoint.private-networks or hatoba.endpoint.private-port too;"
              + " or hatoba.endpoint.trust-private-host, if nobody outside can reach the server by that"
              + " name. See docs/guides/private-address.md.");
    }
    if (trustPrivateHost && internal.isEmpty()) {
      throw new StartupException(
          "hatoba.endpoint.trust-private-host is about the host of hatoba.endpoint.private-url, which"
              + " is not set. Set it, or remove hatoba.endpoint.trust-private-host.");
    }
    if (trustPrivateHost
        && external.isPresent()
        && internal.get().host().equalsIgnoreCase(external.get().host())) {
      throw new StartupException(
          "hatoba.endpoint.private-url and hatoba.endpoint.external-url have the same host, so that"
              + " hatoba.endpoint.trust-private-host would let everybody in. Take another name.");
    }
  }

  private static Endpoint configured(String key, String url) {
    String text = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    int end = text.indexOf("://");
    if (end < 0) {
      throw badUrl(key, url);
    }
    Optional<String> scheme = scheme(text.substring(0, end));
    Optional<String> host = host(text.substring(end + 3));
    if (scheme.isEmpty() || host.isEmpty()) {
      throw badUrl(key, url);
    }
    return new Endpoint(scheme.get() + "://" + host.get());
  }

  private static StartupException badUrl(String key, String url) {
    return new StartupException(
        "hatoba.endpoint."
            + key
            + " must be http:// or https:// with a host and maybe a port, such as"
            + " https://registry.example.com, not '"
            + url
            + "'.");
  }

  /** Whether there are two sides. If not, every request is {@link Side#PUBLIC}. */
  public boolean divided() {
    return divided;
  }

  /** On which side the client of a request is. */
  public Side side(HttpServerRequest request) {
    return divided ? side(arrival(request)) : Side.PUBLIC;
  }

  /** The address under which the client sees this server. */
  public Endpoint of(HttpServerRequest request) {
    return of(arrival(request));
  }

  /** The addresses to tell the client of a request, for whom it is not hidden where they are. */
  public Addresses addresses(HttpServerRequest request) {
    return addresses(arrival(request));
  }

  /** The network address of the client. */
  public String clientAddress(HttpServerRequest request) {
    String peer = request.remoteAddress().hostAddress();
    return trusted.contain(peer) ? clientAddress(arrival(request)) : peer;
  }

  Side side(Arrival arrival) {
    return isToPrivatePort(arrival) || isFromInside(arrival) || isTrustedHost(arrival)
        ? Side.PRIVATE
        : Side.PUBLIC;
  }

  private boolean isToPrivatePort(Arrival arrival) {
    return privatePort.isPresent() && arrival.local().endsWith(":" + privatePort.getAsInt());
  }

  private boolean isFromInside(Arrival arrival) {
    String client = clientAddress(arrival);
    if (!inside.contain(client) || trusted.contain(client)) {
      return false;
    }
    return trusted.contain(arrival.peer())
        || FORWARDING.stream().allMatch(header -> arrival.all(header).isEmpty());
  }

  private boolean isTrustedHost(Arrival arrival) {
    return trustPrivateHost && calls(internal, arrival);
  }

  private boolean calls(Optional<Endpoint> endpoint, Arrival arrival) {
    return endpoint.isPresent() && endpoint.get().host().equalsIgnoreCase(seen(arrival).host());
  }

  Endpoint of(Arrival arrival) {
    if (divided && side(arrival) == Side.PRIVATE) {
      if (internal.isPresent() && (isToPrivatePort(arrival) || calls(internal, arrival))) {
        return internal.get();
      }
      if (isToPrivatePort(arrival)) {
        return seen(arrival);
      }
    }
    return external.orElseGet(() -> seen(arrival));
  }

  Addresses addresses(Arrival arrival) {
    Endpoint outside = external.orElseGet(() -> seen(arrival));
    if (!divided) {
      return new Addresses(outside, Optional.empty());
    }
    return new Addresses(
        outside,
        Optional.of(
            internal.orElseGet(
                () ->
                    privatePort.isPresent() ? outside.withPort(privatePort.getAsInt()) : outside)));
  }

  /** What the request itself and trusted proxies say of the address that the client uses. */
  private Endpoint seen(Arrival arrival) {
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
