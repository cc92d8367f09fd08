package io.hatoba.server.content;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.RepositoryName;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Dialect;
import io.hatoba.server.database.TestDatabases;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was stored by a version that did not count usage is counted by the upgrade. */
final class UsageUpgradeTest {
  private static final int BEFORE_USAGE = 2;
  private static final Repository FIRST = new Repository(11, 1, new RepositoryName("team/first"));
  private static final Repository EMPTY = new Repository(13, 1, new RepositoryName("team/none"));

  @Test
  void sqlite(@TempDir Path dir) {
    try (Database old = TestDatabases.sqliteOf(BEFORE_USAGE, dir)) {
      fill(old);
    }
    try (Database upgraded = TestDatabases.sqlite(dir)) {
      check(upgraded);
    }
  }

  @Test
  void postgres(@TempDir Path dir) {
    String url = TestDatabases.newPostgresUrl();
    try (Database old = TestDatabases.postgresOf(BEFORE_USAGE, url, dir)) {
      fill(old);
    }
    try (Database upgraded = TestDatabases.postgres(url)) {
      check(upgraded);
    }
  }

  private static void fill(Database database) {
    String shared = digest("shared");
    String own = digest("own");
    String manifest = digest("manifest");
    for (String sql :
        List.of(
            "INSERT INTO registry (id, name, created_at) VALUES (1, 'team', 0), (2, 'other', 0), (3, 'empty', 0)",
            "INSERT INTO repository (id, registry_id, name, created_at) VALUES (11, 1, 'team/first', 0), (12, 1, 'team/second', 0), (13, 1, 'team/none', 0), (21, 2, 'other/first', 0)",
            "INSERT INTO blob (digest, size, object_key, created_at) VALUES ('%s', 1000, 'k1', 0), ('%s', 30, 'k2', 0)"
                .formatted(shared, own),
            "INSERT INTO repository_blob (repository_id, digest, lease_until) VALUES (11, '%1$s', 0), (12, '%1$s', 0), (21, '%1$s', 0), (11, '%2$s', 0)"
                .formatted(shared, own),
            "INSERT INTO manifest (digest, bytes, created_at) SELECT '%s', CAST('x' AS %s), 0"
                .formatted(manifest, database.dialect() == Dialect.SQLITE ? "BLOB" : "BYTEA"),
            "INSERT INTO repository_manifest (repository_id, digest, media_type, size, pushed_at, pushed_by) VALUES (11, '%1$s', 'x', 200, 77, ''), (12, '%1$s', 'x', 200, 78, '')"
                .formatted(manifest),
            "INSERT INTO tag (repository_id, name, digest, created_at, moved_at, moved_by) VALUES (11, 'a', '%1$s', 0, 0, ''), (11, 'b', '%1$s', 0, 0, '')"
                .formatted(manifest))) {
      database.write(handle -> handle.execute(sql));
    }
  }

  private static void check(Database database) {
    InstantSource clock = InstantSource.system();
    Usage usage =
        new Usage(database, new UsageLedger(database, clock), new Events(database), clock);
    assertThat(usage.of(1)).isEqualTo(new Usage.OfRegistry(1, 3, 2, 2, 2_430, 1_230));
    assertThat(usage.of(2)).isEqualTo(new Usage.OfRegistry(2, 1, 0, 0, 1_000, 1_000));
    assertThat(usage.of(3)).isEqualTo(new Usage.OfRegistry(3, 0, 0, 0, 0, 0));
    assertThat(usage.of(FIRST).sizeBytes()).isEqualTo(1_230);
    assertThat(usage.of(FIRST).pushedAt()).contains(Instant.ofEpochMilli(77));
    assertThat(usage.of(EMPTY)).isEqualTo(Usage.OfImage.NOTHING);
    for (long registry = 1; registry <= 3; registry++) {
      assertThat(usage.check(registry)).isEmpty();
    }
  }

  private static String digest(String text) {
    return Digest.sha256(text.getBytes(StandardCharsets.UTF_8)).toString();
  }
}
