package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresReclaimRaceTest extends ReclaimRaceContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
