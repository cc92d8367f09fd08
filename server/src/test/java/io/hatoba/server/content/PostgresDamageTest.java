package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresDamageTest extends DamageContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
