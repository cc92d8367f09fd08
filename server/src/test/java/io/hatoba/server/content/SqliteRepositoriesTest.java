package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteRepositoriesTest extends RepositoriesContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
