package io.hatoba.server.outbound;

import io.hatoba.server.endpoint.Networks;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Which network addresses may be asked: the public ones, and those of the networks that a setting
 * allows. An IPv4 address inside of an IPv6 address (mapped, NAT64, 6to4) counts as itself.
 */
final class Addresses {
  /** What is not the public internet: RFC 6890 and the registries of IANA that followed it. */
  private static final Networks SPECIAL =
      Networks.parse(
          List.of(
              "0.0.0.0/8", // this network
              "10.0.0.0/8", // private
              "100.64.0.0/10", // shared by providers
              "127.0.0.0/8", // loopback
              "169.254.0.0/16", // link-local, with the metadata of clouds
              "172.16.0.0/12", // private
              "192.0.0.0/24", // protocols
              "192.0.2.0/24", // documentation
              "192.88.99.0/24", // 6to4 relays
              "192.168.0.0/16", // private
              "198.18.0.0/15", // benchmarks
              "198.51.100.0/24", // documentation
              "203.0.113.0/24", // documentation
              "224.0.0.0/4", // multicast
              "240.0.0.0/4", // reserved, broadcast
              "::/96", // unspecified, loopback, IPv4-compatible
              "64:ff9b:1::/48", // local NAT64
              "100::/64", // discard
              "2001::/23", // protocols, Teredo
              "2001:db8::/32", // documentation
              "3fff::/20", // documentation
              "5f00::/16", // segment routing
              "fc00::/7", // unique local, with the metadata of clouds
              "fe80::/10", // link-local
              "fec0::/10", // site-local
              "ff00::/8")); // multicast

  private static final Networks NAT64 = Networks.parse(List.of("64:ff9b::/96"));
  private static final Networks SIX_TO_FOUR = Networks.parse(List.of("2002::/16"));

  private final Networks allowed;

  Addresses(Networks allowed) {
    this.allowed = allowed;
  }

  /** Whether this address may be asked. */
  boolean permit(InetAddress address) {
    if (allowed.contain(address)) {
      return true;
    }
    return !SPECIAL.contain(address) && embedded(address).map(this::permit).orElse(true);
  }

  private static Optional<InetAddress> embedded(InetAddress address) {
    if (!(address instanceof Inet6Address)) {
      return Optional.empty(); // Java has made an IPv4 address of a mapped one already
    }
    if (NAT64.contain(address)) {
      return Optional.of(ipv4(address, 12));
    }
    return SIX_TO_FOUR.contain(address) ? Optional.of(ipv4(address, 2)) : Optional.empty();
  }

  private static InetAddress ipv4(InetAddress address, int offset) {
    try {
      return InetAddress.getByAddress(Arrays.copyOfRange(address.getAddress(), offset, offset + 4));
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e); // four bytes are an address
    }
  }
}
