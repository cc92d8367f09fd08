package io.hatoba.server.rest;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/** The whole server on SQLite, for tests of resources. */
public final class SqliteServer implements QuarkusTestProfile {
  @Override
  public Map<String, String> getConfigOverrides() {
    return TestServer.settings();
  }
}
