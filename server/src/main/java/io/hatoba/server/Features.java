package io.hatoba.server;

import io.hatoba.server.account.Bootstrap;
import io.hatoba.server.account.SessionConfig;
import io.hatoba.server.api.ApiConfig;
import io.hatoba.server.audit.AuditConfig;
import io.hatoba.server.auth.AuthConfig;
import io.hatoba.server.auth.Challenge;
import io.hatoba.server.content.ContentConfig;
import io.hatoba.server.content.ReclaimConfig;
import io.hatoba.server.content.UndoConfig;
import io.hatoba.server.database.DatabaseConfig;
import io.hatoba.server.database.Databases;
import io.hatoba.server.distribution.DistributionConfig;
import io.hatoba.server.endpoint.EndpointConfig;
import io.hatoba.server.endpoint.Endpoints;
import io.hatoba.server.event.EventConfig;
import io.hatoba.server.outbound.Outbound;
import io.hatoba.server.outbound.OutboundConfig;
import io.hatoba.server.reclaim.OrphanConfig;
import io.hatoba.server.scrub.ScrubConfig;
import io.hatoba.server.sso.Oidc;
import io.hatoba.server.sso.OidcConfig;
import io.hatoba.server.startup.Setting;
import io.hatoba.server.startup.StartupException;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The features this program is made of, where one list must name them all. */
final class Features {
  /** Every interface that declares settings; a test finds one that is forgotten here. */
  static final List<Class<?>> CONFIGS =
      List.of(
          ServerConfig.class,
          HttpConfig.class,
          AuthConfig.class,
          SessionConfig.class,
          EndpointConfig.class,
          ApiConfig.class,
          AuditConfig.class,
          EventConfig.class,
          DatabaseConfig.class,
          ContentConfig.class,
          UndoConfig.class,
          ReclaimConfig.class,
          ScrubConfig.class,
          OrphanConfig.class,
          DistributionConfig.class,
          OutboundConfig.class,
          OidcConfig.class);

  private Features() {}

  /**
   * What features have to say about values that are good by themselves, a sentence each; what is
   * said here is what stops the start of the server.
   *
   * @param values by key
   */
  static List<String> complaints(Map<String, String> values) {
    SmallRyeConfigBuilder builder =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withMappingIgnore("hatoba.**")
            .withSources(new PropertiesConfigSource(values, "settings", 100));
    CONFIGS.forEach(builder::withMapping);
    SmallRyeConfig config = builder.build();
    ServerConfig server = config.getConfigMapping(ServerConfig.class);
    List<Runnable> checks =
        List.of(
            () -> Databases.checkAddress(config.getConfigMapping(DatabaseConfig.class)),
            () -> new Endpoints(config.getConfigMapping(EndpointConfig.class)),
            () -> new Challenge(config.getConfigMapping(AuthConfig.class)),
            () -> Outbound.allowedNetworks(config.getConfigMapping(OutboundConfig.class)),
            () -> Oidc.requireComplete(config.getConfigMapping(OidcConfig.class)),
            () ->
                Bootstrap.Wanted.parse(
                    server.adminPassword(),
                    server.bootstrap().accessKey(),
                    server.bootstrap().registry()));
    List<String> complaints = new ArrayList<>();
    for (Runnable check : checks) {
      try {
        check.run();
      } catch (StartupException | IllegalArgumentException e) {
        complaints.add(String.valueOf(e.getMessage()));
      }
    }
    return complaints;
  }

  /** Every key that can be set, in order. */
  static List<Setting> settings() {
    return Setting.of(CONFIGS);
  }
}
