package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresQuotaTest extends QuotaContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
