package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteContentModelTest extends ContentModelContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
