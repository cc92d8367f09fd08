package io.hatoba.server.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.endpoint.Networks;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressesTest {
  private final Addresses none = new Addresses(Networks.parse(List.of()));
  private final Addresses some =
      new Addresses(Networks.parse(List.of("10.20.0.0/16", "fd00:1::/32")));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.168.1.1",
        "198.19.0.1",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::1",
        "2002:a00:1::",
        "2001:0:1::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "100::1",
        "2001:db8::1"
      })
  void whatIsNotPublicIsRefused(String address) {
    assertThat(none.permit(InetAddress.ofLiteral(address))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.0.1",
        "172.32.0.1",
        "192.169.0.1",
        "169.253.1.1",
        "223.255.255.255",
        "::ffff:8.8.8.8",
        "2606:4700::1111",
        "64:ff9b::808:808",
        "2002:808:808::1"
      })
  void whatIsPublicIsPermitted(String address) {
    assertThat(none.permit(InetAddress.ofLiteral(address))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.20.0.1", "::ffff:10.20.3.4", "64:ff9b::a14:1", "fd00:1::5"})
  void aNetworkThatIsAllowedIsPermitted(String address) {
    assertThat(some.permit(InetAddress.ofLiteral(address))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.21.0.1", "127.0.0.1", "fd00:2::5"})
  void allowingOneNetworkAllowsNoOther(String address) {
    assertThat(some.permit(InetAddress.ofLiteral(address))).isFalse();
  }
}
