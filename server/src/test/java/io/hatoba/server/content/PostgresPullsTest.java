package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresPullsTest extends PullsContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
