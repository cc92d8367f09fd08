package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteReclaimRaceTest extends ReclaimRaceContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
