package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresManifestsTest extends ManifestsContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
