package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresReferrersTest extends ReferrersContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
