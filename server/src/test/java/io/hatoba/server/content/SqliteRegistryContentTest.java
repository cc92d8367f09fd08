package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteRegistryContentTest extends RegistryContentContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
