package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresManifestFactsTest extends ManifestFactsContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
