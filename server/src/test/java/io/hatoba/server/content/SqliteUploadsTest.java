package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteUploadsTest extends UploadsContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
