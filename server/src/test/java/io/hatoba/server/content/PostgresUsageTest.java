package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresUsageTest extends UsageContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
