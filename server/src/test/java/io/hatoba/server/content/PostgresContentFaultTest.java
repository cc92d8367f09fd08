package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresContentFaultTest extends ContentFaultContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
