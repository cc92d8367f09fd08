package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteOrphanPlansTest extends OrphanPlansContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
