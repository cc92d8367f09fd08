package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteTagsTest extends TagsContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
