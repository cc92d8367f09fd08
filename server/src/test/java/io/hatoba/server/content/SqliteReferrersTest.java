package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteReferrersTest extends ReferrersContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
