package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteReclaimPlansTest extends ReclaimPlansContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
