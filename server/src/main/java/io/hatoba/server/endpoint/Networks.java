package io.hatoba.server.endpoint;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A list of networks, each an address or in CIDR form. */
public final class Networks {
  private final List<Network> networks;

  private Networks(List<Network> networks) {
    this.networks = networks;
  }

  /**
   * Parses a list.
   *
   * @throws IllegalArgumentException naming the entry that is neither
   */
  public static Networks parse(List<String> entries) {
    return new Networks(entries.stream().map(String::strip).map(Networks::parse).toList());
  }

  private static Network parse(String entry) {
    int slash = entry.indexOf('/');
    Optional<InetAddress> address = address(slash < 0 ? entry : entry.substring(0, slash));
    if (address.isEmpty()) {
      throw invalid(entry);
    }
    byte[] bytes = address.get().getAddress();
    int bits = bytes.length * 8;
    if (slash >= 0) {
      try {
        bits = Integer.parseInt(entry.substring(slash + 1));
      } catch (NumberFormatException e) {
        throw invalid(entry);
      }
    }
    if (bits < 0 || bits > bytes.length * 8) {
      throw invalid(entry);
    }
    return new Network(bytes, bits);
  }

  private static IllegalArgumentException invalid(String entry) {
    return new IllegalArgumentException(
        "'%s' is no network; write an address such as 10.0.0.7 or a network such as 10.0.0.0/8"
            .formatted(entry));
  }

  /** Whether an address lies in one of them; false for text that is no address. */
  public boolean contain(String text) {
    if (networks.isEmpty()) {
      return false;
    }
    return address(text).map(this::contain).orElse(false);
  }

  /** Whether an address lies in one of them. */
  public boolean contain(InetAddress address) {
    byte[] bytes = address.getAddress();
    return networks.stream().anyMatch(network -> network.contains(bytes));
  }

  /** Parses an address without ever asking a name server. IPv4 in IPv6 form is IPv4. */
  static Optional<InetAddress> address(String text) {
    int zone = text.indexOf('%');
    try {
      return Optional.of(InetAddress.ofLiteral(zone < 0 ? text : text.substring(0, zone)));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static final class Network {
    private final byte[] prefix;
    private final int bits;

    Network(byte[] prefix, int bits) {
      this.prefix = prefix;
      this.bits = bits;
    }

    boolean contains(byte[] address) {
      if (address.length != prefix.length) {
        return false;
      }
      int whole = bits / 8;
      if (!Arrays.equals(address, 0, whole, prefix, 0, whole)) {
        return false;
      }
      int rest = bits % 8;
      int mask = 0xFF << (8 - rest);
      return rest == 0 || (address[whole] & mask) == (prefix[whole] & mask);
    }
  }
}
