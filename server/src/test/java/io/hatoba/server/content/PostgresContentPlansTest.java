package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresContentPlansTest extends ContentPlansContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
