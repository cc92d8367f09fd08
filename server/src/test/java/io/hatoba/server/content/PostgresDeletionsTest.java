package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresDeletionsTest extends DeletionsContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
