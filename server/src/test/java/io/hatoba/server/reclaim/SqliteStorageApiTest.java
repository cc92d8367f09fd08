package io.hatoba.server.reclaim;

import io.hatoba.server.rest.SqliteServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@TestProfile(SqliteServer.class)
class SqliteStorageApiTest extends StorageApiContract {}
