package io.hatoba.server.endpoint;

import java.util.List;
import java.util.Optional;

/** The defaults, and what a test changes of them. */
public record TestEndpointConfig(
    Optional<String> externalUrl,
    Optional<List<String>> trustedProxies,
    ForwardedHeader forwardedHeader,
    Optional<String> privateUrl,
    Optional<List<String>> privateNetworks,
    Optional<Integer> privatePort,
    boolean trustPrivateHost)
    implements EndpointConfig {
  /** The documented defaults. */
  public static final TestEndpointConfig DEFAULTS =
      new TestEndpointConfig(
          Optional.empty(),
          Optional.empty(),
          ForwardedHeader.X_FORWARDED,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          false);

  TestEndpointConfig externalUrl(String url) {
    return new TestEndpointConfig(
        Optional.of(url),
        trustedProxies,
        forwardedHeader,
        privateUrl,
        privateNetworks,
        privatePort,
        trustPrivateHost);
  }

  TestEndpointConfig trusting(ForwardedHeader header, String... proxies) {
    return new TestEndpointConfig(
        externalUrl,
        Optional.of(List.of(proxies)),
        header,
        privateUrl,
        privateNetworks,
        privatePort,
        trustPrivateHost);
  }

  TestEndpointConfig privateUrl(String url) {
    return new TestEndpointConfig(
        externalUrl,
        trustedProxies,
        forwardedHeader,
        Optional.of(url),
        privateNetworks,
        privatePort,
        trustPrivateHost);
  }

  /** Clients from these networks are inside. */
  public TestEndpointConfig inside(String... networks) {
    return new TestEndpointConfig(
        externalUrl,
        trustedProxies,
        forwardedHeader,
        privateUrl,
        Optional.of(List.of(networks)),
        privatePort,
        trustPrivateHost);
  }

  TestEndpointConfig privatePort(int port) {
    return new TestEndpointConfig(
        externalUrl,
        trustedProxies,
        forwardedHeader,
        privateUrl,
        privateNetworks,
        Optional.of(port),
        trustPrivateHost);
  }

  TestEndpointConfig trustingPrivateHost() {
    return new TestEndpointConfig(
        externalUrl,
        trustedProxies,
        forwardedHeader,
        privateUrl,
        privateNetworks,
        privatePort,
        true);
  }
}
