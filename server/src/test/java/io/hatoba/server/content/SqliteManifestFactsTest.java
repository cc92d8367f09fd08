package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteManifestFactsTest extends ManifestFactsContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
