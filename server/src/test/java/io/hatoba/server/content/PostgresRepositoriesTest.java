package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresRepositoriesTest extends RepositoriesContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
