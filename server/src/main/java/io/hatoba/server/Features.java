package io.hatoba.server;

import io.hatoba.server.account.SessionConfig;
import io.hatoba.server.api.ApiConfig;
import io.hatoba.server.audit.AuditConfig;
import io.hatoba.server.auth.AuthConfig;
import io.hatoba.server.content.ContentConfig;
import io.hatoba.server.content.ReclaimConfig;
import io.hatoba.server.content.UndoConfig;
import io.hatoba.server.database.DatabaseConfig;
import io.hatoba.server.distribution.DistributionConfig;
import io.hatoba.server.endpoint.EndpointConfig;
import io.hatoba.server.event.EventConfig;
import io.hatoba.server.outbound.OutboundConfig;
import io.hatoba.server.sso.OidcConfig;
import io.hatoba.server.startup.Setting;
import java.util.List;

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
          DistributionConfig.class,
          OutboundConfig.class,
          OidcConfig.class);

  private Features() {}

  /** Every key that can be set, in order. */
  static List<Setting> settings() {
    return Setting.of(CONFIGS);
  }
}
