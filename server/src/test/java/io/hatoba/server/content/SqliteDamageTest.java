package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteDamageTest extends DamageContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
