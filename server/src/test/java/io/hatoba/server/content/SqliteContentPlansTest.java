package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteContentPlansTest extends ContentPlansContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
