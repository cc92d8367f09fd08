package io.hatoba.server.image;

import io.hatoba.server.rest.SqliteServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@TestProfile(SqliteServer.class)
class SqliteImageRightsTest extends ImageRightsContract {}
