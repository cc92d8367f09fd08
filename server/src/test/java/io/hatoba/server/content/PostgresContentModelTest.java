package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresContentModelTest extends ContentModelContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
