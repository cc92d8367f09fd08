package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresRegistryContentTest extends RegistryContentContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
