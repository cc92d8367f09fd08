package io.hatoba.server.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.database.Database;
import io.hatoba.server.database.TestDatabases;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Roles that were given before grants had ids and accounts principals go on to count. */
final class RolesUpgradeTest {
  private static final int BEFORE_ROLES = 2;

  @Test
  void sqlite(@TempDir Path dir) {
    try (Database old = TestDatabases.sqliteOf(BEFORE_ROLES, dir)) {
      fill(old);
    }
    try (Database upgraded = TestDatabases.sqlite(dir)) {
      check(upgraded);
    }
  }

  @Test
  void postgres(@TempDir Path dir) {
    String url = TestDatabases.newPostgresUrl();
    try (Database old = TestDatabases.postgresOf(BEFORE_ROLES, url, dir)) {
      fill(old);
    }
    try (Database upgraded = TestDatabases.postgres(url)) {
      check(upgraded);
    }
  }

  private static void fill(Database database) {
    for (String sql :
        List.of(
            "INSERT INTO registry (id, name, created_at) VALUES (1, 'team', 0)",
            "INSERT INTO account (id, name, created_at) VALUES (5, 'admin', 0), (6, 'kim', 0)",
            "INSERT INTO access_key (id, account_id, secret_mac, generation, created_at, created_from) VALUES ('HKKIM', 6, '00', 1, 0, '')",
            "INSERT INTO role_grant (principal, registry_id, role, created_at) VALUES ('account:admin', 0, 'service-admin', 1), ('account:kim', 1, 'image-uploader', 2)")) {
      database.write(handle -> handle.execute(sql));
    }
  }

  private static void check(Database database) {
    Standing kim = new Standings(database).find("HKKIM", 1).orElseThrow();
    assertThat(kim.principal()).isEqualTo("account:kim");
    assertThat(kim.narrowing()).isEmpty();
    assertThat(kim.grants())
        .containsExactly(new Grant(Role.IMAGE_UPLOADER, Optional.of(new Grant.In(1, "team"))));

    List<String> given =
        database.read(
            handle ->
                handle
                    .createQuery(
                        """
                        SELECT principal
                        FROM role_grant
                        WHERE id > 0
                        ORDER BY id
                        """)
                    .mapTo(String.class)
                    .list());
    assertThat(given).containsExactly("account:admin", "account:kim");
  }
}
