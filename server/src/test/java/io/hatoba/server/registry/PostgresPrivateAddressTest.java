package io.hatoba.server.registry;

import io.hatoba.server.rest.PostgresServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.util.Map;

@QuarkusTest
@TestProfile(PostgresPrivateAddressTest.Server.class)
class PostgresPrivateAddressTest extends PrivateAddressContract {
  public static final class Server implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return PrivatePort.with(new PostgresServer().getConfigOverrides());
    }
  }
}
