package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteDeletionsTest extends DeletionsContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
