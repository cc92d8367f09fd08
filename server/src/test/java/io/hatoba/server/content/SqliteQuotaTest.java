package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteQuotaTest extends QuotaContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
