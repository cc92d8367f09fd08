package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteStorageHoldsTest extends StorageHoldsContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
