package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresReclaimPlansTest extends ReclaimPlansContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
