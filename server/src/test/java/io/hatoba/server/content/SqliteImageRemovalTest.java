package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteImageRemovalTest extends ImageRemovalContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
