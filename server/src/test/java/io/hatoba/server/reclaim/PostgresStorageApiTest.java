package io.hatoba.server.reclaim;

import io.hatoba.server.rest.PostgresServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@TestProfile(PostgresServer.class)
class PostgresStorageApiTest extends StorageApiContract {}
