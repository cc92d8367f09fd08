package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteEventsTest extends EventsContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
