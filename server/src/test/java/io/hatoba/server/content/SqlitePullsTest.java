package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqlitePullsTest extends PullsContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
