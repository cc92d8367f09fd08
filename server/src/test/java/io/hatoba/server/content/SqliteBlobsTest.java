package io.hatoba.server.content;

import io.hatoba.server.content.ContentFixture.Engine;

final class SqliteBlobsTest extends BlobsContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }
}
