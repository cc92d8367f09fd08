package io.hatoba.server.scrub;

import io.hatoba.server.rest.SqliteServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@TestProfile(SqliteServer.class)
class SqliteScrubApiTest extends ScrubApiContract {}
