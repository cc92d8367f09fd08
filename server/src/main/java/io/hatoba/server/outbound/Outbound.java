package io.hatoba.server.outbound;

import io.hatoba.server.endpoint.Networks;
import io.hatoba.server.startup.StartupException;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.net.TrustOptions;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Sends requests to addresses that a setting or a person names.
 *
 * <p>A name is looked up once, the addresses are checked, and the connection goes to an address
 * that was checked: a name server that answers differently the next time changes nothing. Only http
 * and https, only the allowed ports, certificates are verified, names and times and sizes are
 * limited. An environment's proxy is not used, since it would do the lookup itself.
 *
 * <p>Blocks; for virtual threads, never for an event loop.
 */
@Singleton
public final class Outbound implements AutoCloseable {
  private static final int MOST_ADDRESSES = 4;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

  private final OutboundConfig config;
  private final Addresses addresses;
  private final Set<Integer> ports;
  private final Resolver resolver;
  private final HttpClient client;
  private final ExecutorService lookups = Executors.newVirtualThreadPerTaskExecutor();

  @Inject
  public Outbound(OutboundConfig config, Vertx vertx) {
    this(config, vertx, InetAddress::getAllByName);
  }

  Outbound(OutboundConfig config, Vertx vertx, Resolver resolver) {
    this.config = config;
    this.resolver = resolver;
    this.ports = Set.copyOf(config.allowedPorts());
    this.addresses = new Addresses(allowedNetworks(config));
    HttpClientOptions options =
        new HttpClientOptions()
            .setKeepAlive(false)
            .setVerifyHost(true)
            .setConnectTimeout(Math.toIntExact(config.connectTimeout().toMillis()))
            .setSslHandshakeTimeout(config.connectTimeout().toMillis())
            .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
            .setMaxHeaderSize(32 * 1024);
    config
        .caFile()
        .flatMap(file -> Arrays.stream(Trust.with(file).getTrustManagers()).findFirst())
        .ifPresent(manager -> options.setTrustOptions(TrustOptions.wrap(manager)));
    this.client = vertx.createHttpClient(options);
  }

  /**
   * The networks that are reached although they are not public.
   *
   * @throws StartupException if the setting is wrong
   */
  public static Networks allowedNetworks(OutboundConfig config) {
    try {
      return Networks.parse(config.allowedNetworks().orElse(List.of()));
    } catch (IllegalArgumentException e) {
      throw new StartupException("hatoba.outbound.allowed-networks: " + e.getMessage() + ".", e);
    }
  }

  /**
   * What is wrong with an address that a person has typed, without a lookup or a request; to be
   * said before it is stored. Empty if nothing is.
   */
  public Optional<String> complaint(URI uri) {
    String scheme = String.valueOf(uri.getScheme());
    if (!scheme.equals("https") && !scheme.equals("http")) {
      return Optional.of("the address must begin with https:// or http://");
    }
    if (uri.getHost() == null) {
      return Optional.of("the address names no host, or one that no host can have");
    }
    if (uri.getRawUserInfo() != null) {
      return Optional.of("the address must not hold a user name or password");
    }
    int port = port(uri);
    return ports.contains(port)
        ? Optional.empty()
        : Optional.of(
            "port %d may not be asked; hatoba.outbound.allowed-ports would allow it"
                .formatted(port));
  }

  /** Sends a request and waits for the whole answer. */
  public Reply send(Call call) {
    if (Context.isOnEventLoopThread()) {
      throw new IllegalStateException("on the event loop");
    }
    long end = System.nanoTime() + config.timeout().toNanos();
    Call next = call;
    while (true) {
      Reply reply = once(next, end);
      Optional<String> location =
          call.redirects() > 0
                  && reply instanceof Reply.Answered answered
                  && REDIRECTS.contains(answered.status())
              ? answered.header("location")
              : Optional.empty();
      if (location.isEmpty()) {
        return reply;
      }
      if (next.redirects() == 0) {
        return new Reply.Failed(
            "%s redirects more than %d times".formatted(host(call.uri()), call.redirects()));
      }
      Optional<URI> target = resolve(next.uri(), location.get());
      if (target.isEmpty()) {
        return new Reply.Failed(host(next.uri()) + " redirects to what is no address");
      }
      if (next.uri().getScheme().equals("https") && "http".equals(target.get().getScheme())) {
        return new Reply.Forbidden(
            host(next.uri()) + " redirects from https to http, which is not followed");
      }
      next =
          new Call(call.method(), target.get(), call.headers(), call.body(), next.redirects() - 1);
    }
  }

  private Reply once(Call call, long end) {
    Optional<String> complaint = complaint(call.uri());
    if (complaint.isPresent()) {
      return new Reply.Forbidden(complaint.get());
    }
    String host = host(call.uri());
    List<InetAddress> found;
    try {
      found = lookUp(host, Math.min(left(end), config.connectTimeout().toMillis()));
    } catch (UnknownHostException e) {
      return new Reply.Failed(host + " has no address, or its name server does not answer");
    }
    List<InetAddress> permitted =
        found.stream().filter(addresses::permit).limit(MOST_ADDRESSES).toList();
    if (permitted.isEmpty()) {
      return new Reply.Forbidden(
          host
              + " has an address that is not public;"
              + " hatoba.outbound.allowed-networks would allow its network");
    }
    Reply reply = new Reply.Failed(host + " could not be connected to");
    for (InetAddress address : permitted) {
      Exchange exchange =
          new Exchange(client, call, address, port(call.uri()), config.maxBody().asLongValue());
      reply = exchange.await(Duration.ofMillis(left(end)));
      if (exchange.connected()) {
        return reply;
      }
    }
    return reply;
  }

  private List<InetAddress> lookUp(String host, long millis) throws UnknownHostException {
    Future<InetAddress[]> lookup = lookups.submit(() -> resolver.lookUp(host));
    try {
      return List.of(lookup.get(millis, TimeUnit.MILLISECONDS));
    } catch (ExecutionException | TimeoutException e) {
      lookup.cancel(true);
      throw unknown(host, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unknown(host, e);
    }
  }

  private static UnknownHostException unknown(String host, Exception cause) {
    UnknownHostException unknown = new UnknownHostException(host);
    unknown.initCause(cause);
    return unknown;
  }

  private static long left(long end) {
    return Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime()));
  }

  private static Optional<URI> resolve(URI base, String location) {
    try {
      return Optional.of(base.resolve(new URI(location)));
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  /** The host without the brackets of IPv6. */
  static String host(URI uri) {
    String host = uri.getHost();
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  private static int port(URI uri) {
    if (uri.getPort() >= 0) {
      return uri.getPort();
    }
    return uri.getScheme().equals("https") ? 443 : 80;
  }

  @Override
  @PreDestroy
  public void close() {
    client.close();
    lookups.shutdownNow();
  }

  /** Finds the addresses of a name. */
  @FunctionalInterface
  interface Resolver {
    InetAddress[] lookUp(String host) throws UnknownHostException;
  }
}
