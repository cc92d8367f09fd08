package io.hatoba.server.undo;

import io.hatoba.server.rest.SqliteServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@TestProfile(SqliteServer.class)
class SqliteDeletedApiTest extends DeletedApiContract {}
