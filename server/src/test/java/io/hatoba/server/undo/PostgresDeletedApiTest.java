package io.hatoba.server.undo;

import io.hatoba.server.rest.PostgresServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@TestProfile(PostgresServer.class)
class PostgresDeletedApiTest extends DeletedApiContract {}
