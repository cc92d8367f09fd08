package io.hatoba.server.endpoint;

import io.hatoba.server.startup.Range;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.List;
import java.util.Optional;

/** The addresses under which clients reach the server. */
@ConfigMapping(prefix = "hatoba.endpoint")
public interface EndpointConfig {
  /**
   * The address that clients use, for example https://registry.example.com. No default: realm and
   * redirects then follow the address that each request came to.
   */
  Optional<String> externalUrl();

  /**
   * Networks of reverse proxies whose forwarded headers are believed, as addresses or in CIDR form,
   * separated by commas. No default: no such header is believed.
   */
  Optional<List<String>> trustedProxies();

  /**
   * Which headers a trusted proxy sets. Default x-forwarded (X-Forwarded-For, -Proto, -Host and
   * -Port); forwarded is the header of RFC 7239. The other kind is not read, since a proxy that
   * does not set it passes on what a client has made up.
   */
  @WithDefault("x-forwarded")
  ForwardedHeader forwardedHeader();

  /**
   * The address that clients inside the private network use, for example
   * https://private-registry.example.com. No default: it is then the address that they came to. On
   * its own it lets nobody in, since everybody can send its name: who counts as inside say {@link
   * #privateNetworks}, {@link #privatePort} or {@link #trustPrivateHost}, of which one must be set
   * as well.
   */
  Optional<String> privateUrl();

  /**
   * Networks whose clients count as inside, whichever address they use, as addresses or in CIDR
   * form, separated by commas. No default: none. A proxy in one of them must be among {@link
   * #trustedProxies} and pass on the client's address, else all who come through it may count as
   * inside.
   */
  Optional<List<String>> privateNetworks();

  /**
   * A second TCP port to listen on, on the same address, whose clients all count as inside. No
   * default: none. Range 1 to 65535. Keep it out of reach from outside by a firewall.
   */
  @Range(min = "1", max = "65535")
  Optional<Integer> privatePort();

  /**
   * Whether clients that call the host of {@link #privateUrl} count as inside for that alone.
   * Default false. Set it only if nobody outside can reach this server with that name, because a
   * proxy refuses it there: a client can send any name.
   */
  @WithDefault("false")
  boolean trustPrivateHost();

  /** See {@link #forwardedHeader}. */
  enum ForwardedHeader {
    X_FORWARDED,
    FORWARDED
  }
}
