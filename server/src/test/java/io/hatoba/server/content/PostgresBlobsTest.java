package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class PostgresBlobsTest extends BlobsContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }
}
