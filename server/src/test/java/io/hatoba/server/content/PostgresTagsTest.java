package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresTagsTest extends TagsContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
