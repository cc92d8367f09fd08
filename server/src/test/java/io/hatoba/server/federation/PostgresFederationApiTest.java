package io.hatoba.server.federation;

import io.hatoba.server.rest.PostgresServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@TestProfile(PostgresServer.class)
class PostgresFederationApiTest extends FederationApiContract {}
