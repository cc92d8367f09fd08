package io.hatoba.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.startup.Setting;
import io.quarkus.runtime.configuration.MemorySize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ConfigurationReferenceTest {
  private static final Path SOURCES = Path.of("src/main/java");
  private static final Path REFERENCE = Path.of("../docs/reference/configuration.md");

  @Test
  void theReferenceSaysWhatTheDocstringsSay() throws IOException {
    String fresh = ConfigurationReference.generate(SOURCES);
    Path copy = Path.of("target/configuration.md");
    Files.writeString(copy, fresh);
    assertThat(Files.readAllLines(REFERENCE))
        .as("docs/reference/configuration.md is stale: copy server/%s over it", copy)
        .containsExactlyElementsOf(fresh.lines().toList());
  }

  @Test
  void noTwoSettingsShareAnEnvironmentVariableOrAFlag() {
    List<Setting> settings = Features.settings();
    assertThat(settings).extracting(Setting::key).doesNotHaveDuplicates();
    assertThat(settings).extracting(Setting::variable).doesNotHaveDuplicates();
    assertThat(settings).extracting(Setting::flag).doesNotHaveDuplicates();
  }

  @Test
  void everyNumberTimeAndSizeWithADefaultHasARange() {
    Set<Class<?>> limited = Set.of(Integer.class, Long.class, Duration.class, MemorySize.class);
    assertThat(Features.settings())
        .filteredOn(setting -> limited.contains(setting.type()))
        .filteredOn(setting -> setting.defaultValue().isPresent())
        .isNotEmpty()
        .allSatisfy(setting -> assertThat(setting.range()).as(setting.key()).isPresent());
  }

  /**
   * Changing a default or a name is a change for everyone who runs the server: say it in
   * CHANGELOG.md.
   */
  @Test
  void keysAndDefaultsAreThese() {
    assertThat(
            Features.settings().stream()
                .map(setting -> setting.key() + "=" + setting.defaultValue().orElse(""))
                .collect(Collectors.joining("\n", "", "\n")))
        .isEqualTo(
            """
            hatoba.admin-password=
            hatoba.api.rate-burst=200
            hatoba.api.rate-limit=50
            hatoba.audit.pulls=false
            hatoba.audit.retention=365d
            hatoba.auth.issuer=hatoba
            hatoba.auth.service=hatoba
            hatoba.auth.token-lifetime=15m
            hatoba.bootstrap.access-key=
            hatoba.bootstrap.registry=main
            hatoba.content.cache-size=64M
            hatoba.content.inline-blob-size=16K
            hatoba.content.sparse-image=false
            hatoba.content.sparse-index=true
            hatoba.content.upload-expiry=24h
            hatoba.data=data
            hatoba.database.connection-timeout=10s
            hatoba.database.password=
            hatoba.database.pool-size=10
            hatoba.database.read-threads=4
            hatoba.database.url=
            hatoba.database.username=
            hatoba.distribution.catalog-page-size=1000
            hatoba.distribution.max-blob-size=
            hatoba.distribution.max-concurrent-uploads=512
            hatoba.distribution.max-manifest-size=4260K
            hatoba.distribution.max-tags-per-push=100
            hatoba.distribution.referrers-page-size=4000000
            hatoba.distribution.tags-page-size=10000
            hatoba.distribution.upload-buffer=64M
            hatoba.endpoint.external-url=
            hatoba.endpoint.forwarded-header=x-forwarded
            hatoba.endpoint.private-networks=
            hatoba.endpoint.private-port=
            hatoba.endpoint.private-url=
            hatoba.endpoint.trust-private-host=false
            hatoba.endpoint.trusted-proxies=
            hatoba.event.max-streams=500
            hatoba.event.max-streams-per-principal=20
            hatoba.host=0.0.0.0
            hatoba.http.idle-timeout=90s
            hatoba.http.max-header-size=20K
            hatoba.http.max-request-line=16K
            hatoba.oidc.account-claim=preferred_username
            hatoba.oidc.allowed-groups=
            hatoba.oidc.client-id=
            hatoba.oidc.client-secret=
            hatoba.oidc.create-accounts=true
            hatoba.oidc.groups-claim=groups
            hatoba.oidc.issuer=
            hatoba.oidc.label=Single sign-on
            hatoba.oidc.scopes=openid,profile,email
            hatoba.orphan.age=24h
            hatoba.orphan.limit=1000
            hatoba.orphan.period=24h
            hatoba.outbound.allowed-networks=
            hatoba.outbound.allowed-ports=80,443
            hatoba.outbound.ca-file=
            hatoba.outbound.connect-timeout=5s
            hatoba.outbound.max-body=1M
            hatoba.outbound.timeout=15s
            hatoba.port=5000
            hatoba.reclaim.grace=24h
            hatoba.scrub.bytes-per-second=16M
            hatoba.scrub.period=30d
            hatoba.session.idle=12h
            hatoba.session.lifetime=7d
            hatoba.stop-timeout=30s
            hatoba.undo.window=14d
            """);
  }
}
