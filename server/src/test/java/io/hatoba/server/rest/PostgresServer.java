package io.hatoba.server.rest;

import io.hatoba.server.database.TestDatabases;
import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.HashMap;
import java.util.Map;

/** The whole server on PostgreSQL, for tests of resources. */
public final class PostgresServer implements QuarkusTestProfile {
  @Override
  public Map<String, String> getConfigOverrides() {
    Map<String, String> settings = new HashMap<>(TestServer.settings());
    settings.put("hatoba.database.url", TestDatabases.newPostgresUrl());
    return settings;
  }
}
