package io.hatoba.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OperationPathTest {
  @ParameterizedTest
  @CsvSource({
    "/api/v1/registries/main, registry:main",
    "/api/v1/registries, registries",
    "http://localhost:5000/api/v1/registries/main, registry:main",
    "/api/v1/registries/main/images/team~app, image:main/team/app",
    "/api/v1/registries/main/images/team%2Fapp, image:main/team/app",
    "/api/v1/registries/main/images/app/tags/1.0, tag:main/app:1.0",
    "/api/v1/registries/main/images/app/tags/1.0/restore, tag:main/app:1.0",
    "/api/v1/registries/main/images/app/artifacts/sha256:ab, artifact:main/app@sha256:ab",
    "/api/v1/registries/main/images/app/artifacts/1.0, artifact:main/app:1.0",
    "/api/v1/registries/main/cleanup/runs/7, run:main/7",
    "/api/v1/registries/main/scan/settings, registry:main",
    "/api/v1/registries/news/images/apps, image:news/apps",
    "/api/v1/accounts/kim/keys/HK1, key:kim/HK1",
    "/api/v1/me/keys/HK1/reissue, key:HK1",
    "/api/v1/me/password, me/password",
    "/api/v1/service-accounts/robot$ci, service-account:robot$ci",
    "/api/v1/session, session",
    "/api/v1/replications/%zz, replication:%zz"
  })
  void theTargetIsWhatThePathNames(String path, String target) {
    assertThat(OperationPath.of(path).target()).isEqualTo(target);
  }

  @ParameterizedTest
  @CsvSource({
    "DELETE, /api/v1/session, session:delete",
    "PUT, /api/v1/me/password, password:update",
    "POST, /api/v1/me/keys, key:create",
    "PATCH, /api/v1/me/keys/HK1, key:update",
    "POST, /api/v1/me/keys/HK1/reissue, key:reissue",
    "DELETE, /api/v1/me/keys/HK1, key:delete",
    "DELETE, /api/v1/me/sessions/5, session:delete",
    "DELETE, /api/v1/me/sessions, session:delete"
  })
  void theActionIsWhatIsDoneToIt(String method, String path, String action) {
    assertThat(OperationPath.of(path).action(method)).isEqualTo(action);
  }

  @Test
  void theRegistryIsTheOneOfThePath() {
    assertThat(OperationPath.of("/api/v1/registries/main/images/a").registry()).isEqualTo("main");
    assertThat(OperationPath.of("/api/v1/accounts/kim").registry()).isEmpty();
  }
}
