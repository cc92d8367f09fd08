package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteContentFaultTest extends ContentFaultContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
