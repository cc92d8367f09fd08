package io.hatoba.server.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.server.endpoint.EndpointConfig.ForwardedHeader;
import io.hatoba.server.startup.StartupException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The matrix of proxies (distribution#1177, #2862, moby#18469, harbor#16800). */
class EndpointsTest {
  private static final String PROXY = "10.0.0.1";
  private static final String STRANGER = "203.0.113.9";

  private final Endpoints direct = new Endpoints(TestEndpointConfig.DEFAULTS);
  private final Endpoints behind =
      new Endpoints(
          TestEndpointConfig.DEFAULTS.trusting(
              ForwardedHeader.X_FORWARDED, "10.0.0.0/8", "fd00::/8"));
  private final Endpoints standard =
      new Endpoints(TestEndpointConfig.DEFAULTS.trusting(ForwardedHeader.FORWARDED, "10.0.0.0/8"));

  @Test
  void withoutAProxyItIsTheHostThatTheClientWrote() {
    assertThat(origin(direct, STRANGER, "127.0.0.1:5000", Map.of()))
        .isEqualTo("http://127.0.0.1:5000");
    assertThat(origin(direct, STRANGER, "Registry.Example.com", Map.of()))
        .isEqualTo("http://Registry.Example.com");
    assertThat(origin(direct, STRANGER, "[::1]:5000", Map.of())).isEqualTo("http://[::1]:5000");
  }

  @Test
  void forwardedHeadersOfStrangersAreNotBelieved() {
    Map<String, String> headers =
        Map.of(
            "X-Forwarded-Proto", "https",
            "X-Forwarded-Host", "evil.example.com",
            "X-Forwarded-For", "192.0.2.1",
            "Forwarded", "for=192.0.2.1;host=evil.example.com;proto=https");
    for (Endpoints endpoints : List.of(direct, behind, standard)) {
      assertThat(origin(endpoints, STRANGER, "registry:5000", headers))
          .isEqualTo("http://registry:5000");
      assertThat(client(endpoints, STRANGER, headers)).isEqualTo(STRANGER);
    }
  }

  @Test
  void aTrustedProxySaysSchemeHostAndPort() {
    assertThat(origin(behind, PROXY, "inner:5000", Map.of("X-Forwarded-Proto", "https")))
        .isEqualTo("https://inner:5000");
    assertThat(
            origin(
                behind,
                PROXY,
                "inner:5000",
                Map.of("X-Forwarded-Proto", "https", "X-Forwarded-Host", "outer.example.com")))
        .isEqualTo("https://outer.example.com");
    assertThat(
            origin(
                behind,
                PROXY,
                "inner:5000",
                Map.of(
                    "X-Forwarded-Proto", "https",
                    "X-Forwarded-Host", "outer.example.com",
                    "X-Forwarded-Port", "8443")))
        .isEqualTo("https://outer.example.com:8443");
    assertThat(
            origin(
                behind,
                PROXY,
                "inner:5000",
                Map.of(
                    "X-Forwarded-Proto", "https",
                    "X-Forwarded-Host", "outer.example.com",
                    "X-Forwarded-Port", "443")))
        .isEqualTo("https://outer.example.com");
    assertThat(
            origin(
                behind,
                PROXY,
                "inner",
                Map.of("X-Forwarded-Host", "outer.example.com:81", "X-Forwarded-Port", "82")))
        .isEqualTo("http://outer.example.com:81");
    assertThat(
            origin(
                behind,
                PROXY,
                "inner",
                Map.of("X-Forwarded-Host", "first.example.com, second.example.com")))
        .isEqualTo("http://first.example.com");
  }

  @Test
  void theStandardHeaderIsReadWhereItIsConfiguredAndOnlyThere() {
    Map<String, String> headers =
        Map.of(
            "Forwarded", "for=\"[2001:db8::1]:4711\";proto=https;host=\"outer.example.com:8443\"",
            "X-Forwarded-Host", "wrong.example.com");

    assertThat(origin(standard, PROXY, "inner", headers))
        .isEqualTo("https://outer.example.com:8443");
    assertThat(client(standard, PROXY, headers)).isEqualTo("2001:db8:0:0:0:0:0:1");
    assertThat(origin(behind, PROXY, "inner", headers)).isEqualTo("http://wrong.example.com");
  }

  @Test
  void theConfiguredAddressWins() {
    Endpoints endpoints =
        new Endpoints(TestEndpointConfig.DEFAULTS.externalUrl("https://registry.example.com/"));

    assertThat(origin(endpoints, STRANGER, "other", Map.of()))
        .isEqualTo("https://registry.example.com");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a b",
        "evil\"",
        "evil\",error=\"x",
        "a\r\nSet-Cookie: x",
        "user@host",
        "host/path",
        "host:port",
        "host:99999",
        "host:0",
        "host:",
        "-host",
        "[::1",
        "[zz]",
        "a,b",
        "ホスト"
      })
  void aHostThatIsNoneDoesNotComeBack(String host) {
    assertThat(origin(direct, STRANGER, host, Map.of())).isEqualTo("http://192.0.2.10:5000");
    assertThat(origin(behind, PROXY, "inner", Map.of("X-Forwarded-Host", host)))
        .isIn("http://inner", "http://a"); // "a,b" is a list
  }

  @Test
  void theClientIsTheFirstAddressThatNoTrustedProxyHasMadeUp() {
    assertThat(client(behind, PROXY, Map.of("X-Forwarded-For", "192.0.2.1")))
        .isEqualTo("192.0.2.1");
    assertThat(client(behind, PROXY, Map.of("X-Forwarded-For", "6.6.6.6, 192.0.2.1, 10.1.1.1")))
        .isEqualTo("192.0.2.1");
    assertThat(client(behind, PROXY, Map.of("X-Forwarded-For", "nonsense"))).isEqualTo(PROXY);
    assertThat(client(behind, PROXY, Map.of())).isEqualTo(PROXY);
    assertThat(client(behind, "fd00:0:0:0:0:0:0:1", Map.of("X-Forwarded-For", "192.0.2.1")))
        .isEqualTo("192.0.2.1");
    assertThat(client(behind, PROXY, Map.of("X-Forwarded-For", "10.0.0.2, 10.0.0.3")))
        .isEqualTo("10.0.0.2");
  }

  @Test
  void wrongSettingsStopTheStartByName() {
    for (String url :
        List.of("registry.example.com", "ftp://x", "https://x/path", "https://", "https://a b")) {
      assertThatThrownBy(() -> new Endpoints(TestEndpointConfig.DEFAULTS.externalUrl(url)))
          .isInstanceOf(StartupException.class)
          .hasMessageContaining("hatoba.endpoint.external-url");
    }
    for (String proxy : List.of("proxy.example.com", "10.0.0.0/33", "10.0.0.0/x", "/8", "")) {
      assertThatThrownBy(
              () ->
                  new Endpoints(
                      TestEndpointConfig.DEFAULTS.trusting(ForwardedHeader.X_FORWARDED, proxy)))
          .isInstanceOf(StartupException.class)
          .hasMessageContaining("hatoba.endpoint.trusted-proxies");
    }
  }

  @Test
  void withoutAPrivateSettingEveryClientIsOutside() {
    assertThat(direct.divided()).isFalse();
    assertThat(side(direct, STRANGER, "private-registry.example.com", Map.of()))
        .isEqualTo(Side.PUBLIC);
    assertThat(direct.addresses(arrival(STRANGER, "registry:5000", Map.of())))
        .isEqualTo(new Addresses(new Endpoint("http://registry:5000"), Optional.empty()));
  }

  @Test
  void clientsOfAPrivateNetworkAreInsideWhateverHostTheyCall() {
    Endpoints endpoints = new Endpoints(TestEndpointConfig.DEFAULTS.inside("10.0.0.0/8"));

    assertThat(endpoints.divided()).isTrue();
    assertThat(side(endpoints, "10.1.2.3", "registry", Map.of())).isEqualTo(Side.PRIVATE);
    assertThat(side(endpoints, STRANGER, "registry", Map.of())).isEqualTo(Side.PUBLIC);
    // A header of a stranger makes nobody an inside client, and nobody who came through a proxy
    // that is not declared is one.
    assertThat(side(endpoints, STRANGER, "registry", Map.of("X-Forwarded-For", "10.1.2.3")))
        .isEqualTo(Side.PUBLIC);
    for (String header : List.of("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")) {
      assertThat(side(endpoints, "10.1.2.3", "registry", Map.of(header, "192.0.2.1")))
          .as(header)
          .isEqualTo(Side.PUBLIC);
    }
  }

  @Test
  void behindATrustedProxyTheClientsOwnAddressCounts() {
    Endpoints endpoints =
        new Endpoints(
            TestEndpointConfig.DEFAULTS
                .inside("10.0.0.0/8")
                .trusting(ForwardedHeader.X_FORWARDED, PROXY));

    assertThat(side(endpoints, PROXY, "registry", Map.of("X-Forwarded-For", "10.1.2.3")))
        .isEqualTo(Side.PRIVATE);
    assertThat(side(endpoints, PROXY, "registry", Map.of("X-Forwarded-For", "203.0.113.1")))
        .isEqualTo(Side.PUBLIC);
    assertThat(
            side(endpoints, PROXY, "registry", Map.of("X-Forwarded-For", "10.1.2.3, 203.0.113.1")))
        .isEqualTo(Side.PUBLIC);
    // The proxy does not say for whom it asks: its own address is not the client's.
    assertThat(side(endpoints, PROXY, "registry", Map.of())).isEqualTo(Side.PUBLIC);
    assertThat(side(endpoints, PROXY, "registry", Map.of("X-Forwarded-For", PROXY)))
        .isEqualTo(Side.PUBLIC);
    assertThat(side(endpoints, PROXY, "registry", Map.of("X-Forwarded-For", "unknown")))
        .isEqualTo(Side.PUBLIC);
  }

  @Test
  void whoComesToThePrivatePortIsInside() {
    Endpoints main = new Endpoints(TestEndpointConfig.DEFAULTS.privatePort(5443));
    Endpoints other = new Endpoints(TestEndpointConfig.DEFAULTS.privatePort(5000));

    assertThat(side(main, STRANGER, "registry:5443", Map.of())).isEqualTo(Side.PUBLIC);
    assertThat(side(other, STRANGER, "registry", Map.of())).isEqualTo(Side.PRIVATE);
    assertThat(main.addresses(arrival(STRANGER, "registry:5000", Map.of())).inside())
        .contains(new Endpoint("http://registry:5443"));
    assertThat(main.addresses(arrival(STRANGER, "[2001:db8::1]", Map.of())).inside())
        .contains(new Endpoint("http://[2001:db8::1]:5443"));
  }

  @Test
  void thePrivateHostCountsOnlyIfTheOperatorSaysSo() {
    TestEndpointConfig named =
        TestEndpointConfig.DEFAULTS
            .externalUrl("https://registry.example.com")
            .privateUrl("https://private-registry.example.com");
    Endpoints byNetwork = new Endpoints(named.inside("10.0.0.0/8"));
    Endpoints trusting = new Endpoints(named.trustingPrivateHost());

    assertThat(side(byNetwork, STRANGER, "private-registry.example.com", Map.of()))
        .isEqualTo(Side.PUBLIC);
    assertThat(side(trusting, STRANGER, "Private-Registry.example.com", Map.of()))
        .isEqualTo(Side.PRIVATE);
    assertThat(side(trusting, STRANGER, "registry.example.com", Map.of())).isEqualTo(Side.PUBLIC);
    assertThat(side(trusting, STRANGER, "private-registry.example.com.evil.org", Map.of()))
        .isEqualTo(Side.PUBLIC);
    assertThat(
            side(
                trusting,
                STRANGER,
                "registry.example.com",
                Map.of("X-Forwarded-Host", "private-registry.example.com")))
        .isEqualTo(Side.PUBLIC);
  }

  @Test
  void realmAndAddressesFollowTheSideAndTheHostThatIsCalled() {
    TestEndpointConfig named =
        TestEndpointConfig.DEFAULTS
            .externalUrl("https://registry.example.com")
            .privateUrl("https://private-registry.example.com");
    Endpoints byNetwork = new Endpoints(named.inside("10.0.0.0/8"));
    Endpoints byPort = new Endpoints(named.privatePort(5000));

    assertThat(origin(byNetwork, "10.1.2.3", "private-registry.example.com", Map.of()))
        .isEqualTo("https://private-registry.example.com");
    assertThat(origin(byNetwork, "10.1.2.3", "registry.example.com", Map.of()))
        .isEqualTo("https://registry.example.com");
    assertThat(origin(byNetwork, STRANGER, "private-registry.example.com", Map.of()))
        .isEqualTo("https://registry.example.com");
    assertThat(origin(byPort, STRANGER, "10.0.0.7:5000", Map.of()))
        .isEqualTo("https://private-registry.example.com");
    assertThat(
            origin(
                new Endpoints(
                    TestEndpointConfig.DEFAULTS
                        .externalUrl("https://registry.example.com")
                        .privatePort(5000)),
                STRANGER,
                "inner:5000",
                Map.of()))
        .isEqualTo("http://inner:5000");
    assertThat(byNetwork.addresses(arrival(STRANGER, "x", Map.of())))
        .isEqualTo(
            new Addresses(
                new Endpoint("https://registry.example.com"),
                Optional.of(new Endpoint("https://private-registry.example.com"))));
  }

  @Test
  void privateSettingsThatWouldLetEverybodyOrNobodyInStopTheStart() {
    TestEndpointConfig url = TestEndpointConfig.DEFAULTS.privateUrl("https://private.example.com");
    assertRefused(url, "private-networks");
    assertRefused(TestEndpointConfig.DEFAULTS.trustingPrivateHost(), "private-url");
    assertRefused(
        url.externalUrl("https://PRIVATE.example.com").trustingPrivateHost(), "same host");
    assertRefused(TestEndpointConfig.DEFAULTS.inside("10.0.0.0/40"), "private-networks");
    assertRefused(
        TestEndpointConfig.DEFAULTS.inside("10.0.0.0/8").privateUrl("private"), "private-url");
  }

  private static void assertRefused(TestEndpointConfig config, String sentence) {
    assertThatThrownBy(() -> new Endpoints(config))
        .isInstanceOf(StartupException.class)
        .hasMessageStartingWith("hatoba.endpoint.")
        .hasMessageContaining(sentence);
  }

  @Test
  void networksAreComparedBitByBit() {
    Networks networks = Networks.parse(List.of("10.1.16.0/20", "192.0.2.7", "2001:db8::/33"));

    assertThat(networks.contain("10.1.31.255")).isTrue();
    assertThat(networks.contain("10.1.32.0")).isFalse();
    assertThat(networks.contain("192.0.2.7")).isTrue();
    assertThat(networks.contain("192.0.2.8")).isFalse();
    assertThat(networks.contain("::ffff:192.0.2.7")).isTrue();
    assertThat(networks.contain("2001:db8:7fff::1")).isTrue();
    assertThat(networks.contain("2001:db8:8000::1")).isFalse();
    assertThat(networks.contain("fe80::1%eth0")).isFalse();
    assertThat(networks.contain("unknown")).isFalse();
    assertThat(Networks.parse(List.of("0.0.0.0/0")).contain("203.0.113.1")).isTrue();
  }

  private static Side side(
      Endpoints endpoints, String peer, String host, Map<String, String> headers) {
    return endpoints.side(arrival(peer, host, headers));
  }

  private static String origin(
      Endpoints endpoints, String peer, String host, Map<String, String> headers) {
    return endpoints.of(arrival(peer, host, headers)).origin();
  }

  private static String client(Endpoints endpoints, String peer, Map<String, String> headers) {
    return endpoints.clientAddress(arrival(peer, "registry", headers));
  }

  private static Endpoints.Arrival arrival(String peer, String host, Map<String, String> headers) {
    return new Endpoints.Arrival(
        "http",
        Optional.of(host),
        "192.0.2.10:5000",
        peer,
        name -> Optional.ofNullable(headers.get(name)).stream().toList());
  }
}
