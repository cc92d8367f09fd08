package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteUsageTest extends UsageContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
