package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteManifestsTest extends ManifestsContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
