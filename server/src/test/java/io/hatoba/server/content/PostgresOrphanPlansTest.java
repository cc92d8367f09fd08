package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresOrphanPlansTest extends OrphanPlansContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
