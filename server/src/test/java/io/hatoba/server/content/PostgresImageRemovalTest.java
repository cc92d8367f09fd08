package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresImageRemovalTest extends ImageRemovalContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
