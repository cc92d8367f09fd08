package io.hatoba.server.api;

import io.hatoba.server.rest.PostgresServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.util.Map;

@QuarkusTest
@TestProfile(PostgresHostileRequestsTest.OwnServer.class)
class PostgresHostileRequestsTest extends HostileRequestsContract {
  /** What comes deletes registries and guesses passwords, which the other tests would feel. */
  public static final class OwnServer implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return new PostgresServer().getConfigOverrides();
    }
  }
}
