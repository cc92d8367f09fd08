package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresStorageHoldsTest extends StorageHoldsContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
