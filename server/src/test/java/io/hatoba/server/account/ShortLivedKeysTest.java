package io.hatoba.server.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.auth.SettableClock;
import io.hatoba.server.auth.TestDatabaseKind;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import io.hatoba.server.registry.AccessVersion;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ShortLivedKeysTest {
  private static final String ROBOT = "robot$ci";

  private final SettableClock clock = new SettableClock();

  @TempDir Path dir;

  @ParameterizedTest
  @EnumSource
  void theyDoNotCountAgainstTheLastingKeysAndAreNotListed(TestDatabaseKind kind) {
    try (Fixture on = new Fixture(kind)) {
      for (int i = 0; i < 7; i++) {
        on.give(Duration.ofMinutes(15));
      }
      for (int i = 0; i < AccessKeys.MAX_PER_ACCOUNT; i++) {
        on.lasting(Optional.empty());
      }
      assertThat(on.lasting.list(on.account.id())).hasSize(AccessKeys.MAX_PER_ACCOUNT);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aKeyEndsByItsTimeOrThatOfItsAccount(TestDatabaseKind kind) {
    try (Fixture on = new Fixture(kind)) {
      Instant now = clock.instant();
      assertThat(on.give(Duration.ofMinutes(15))).isEqualTo(now.plus(Duration.ofMinutes(15)));
      on.update("expires_at = " + now.plusSeconds(60).toEpochMilli());
      assertThat(on.give(Duration.ofMinutes(15))).isEqualTo(now.plusSeconds(60));
    }
  }

  @ParameterizedTest
  @EnumSource
  void anAccountThatDoesNotWorkGetsNone(TestDatabaseKind kind) {
    try (Fixture on = new Fixture(kind)) {
      on.update("expires_at = " + clock.millis());
      assertDenied(on, "disabled or has expired");
      on.update("expires_at = NULL, enabled = FALSE");
      assertDenied(on, "disabled or has expired");
      on.update("name = 'robot$other'");
      assertDenied(on, "no service account");
    }
  }

  @ParameterizedTest
  @EnumSource
  void onlySoManyWorkAtATime(TestDatabaseKind kind) {
    try (Fixture on = new Fixture(kind)) {
      on.fill(ShortLivedKeys.MAX_PER_ACCOUNT, clock.instant().plusSeconds(60));
      assertDenied(on, "has 1000 short-lived keys");
      clock.advance(Duration.ofSeconds(60));
      assertThat(on.give(Duration.ofMinutes(1))).isAfter(clock.instant());
    }
  }

  @ParameterizedTest
  @EnumSource
  void expiredOnesGoAfterAnHourAndNothingElse(TestDatabaseKind kind) {
    try (Fixture on = new Fixture(kind)) {
      on.lasting(Optional.of(clock.instant().plusSeconds(1)));
      on.fill(700, clock.instant());
      on.give(Duration.ofHours(2));
      assertThat(on.keys.expireOnce()).isZero();
      clock.advance(ShortLivedKeys.KEPT);
      assertThat(on.keys.expireOnce()).isEqualTo(500);
      assertThat(on.keys.expireOnce()).isEqualTo(200);
      assertThat(on.keys.expireOnce()).isZero();
      assertThat(on.count()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @EnumSource
  void countingAndForgettingUseAnIndex(TestDatabaseKind kind) {
    try (Fixture on = new Fixture(kind)) {
      Plans plans = new Plans(on.database);
      plans.assertIndexed(ShortLivedKeys.COUNT, "account", 1L, "now", 1L);
      plans.assertIndexed(ShortLivedKeys.EXPIRED, "before", 1L, "limit", 10);
      plans.assertIndexed(AccessKeys.LIST, "account", 1L, "limit", 5);
      plans.assertIndexed(Identities.FIND, "issuer", "i", "subject", "s");
    }
  }

  private static void assertDenied(Fixture on, String reason) {
    assertThatThrownBy(() -> on.give(Duration.ofMinutes(15)))
        .isInstanceOfSatisfying(
            RefusedException.class,
            refused -> {
              assertThat(refused.refusal().code()).isEqualTo(ErrorCode.DENIED);
              assertThat(refused.refusal().message()).contains(reason);
            });
  }

  private final class Fixture implements AutoCloseable {
    private final Database database;
    private final AccessKeys lasting;
    private final ShortLivedKeys keys;
    private final Account account;

    Fixture(TestDatabaseKind kind) {
      database = kind.open(dir);
      AccessVersion version = new AccessVersion(database);
      lasting = new AccessKeys(database, version, new ServerKeys(database, clock), clock);
      keys = new ShortLivedKeys(database, lasting, clock);
      account =
          database
              .<Optional<Account>>write(
                  handle ->
                      new Accounts(database, version, Ids.random(clock), clock)
                          .insert(handle, ROBOT, Optional.empty()))
              .orElseThrow();
    }

    void lasting(Optional<Instant> expiresAt) {
      lasting.create(account, new AccessKey.Settings("", true, expiresAt, Optional.empty()), "::1");
    }

    Instant give(Duration lifetime) {
      ShortLivedKeys.Draft draft = keys.draft(Optional.<List<KeyScope>>empty(), lifetime, "::1");
      return database.write(handle -> keys.insert(handle, ROBOT, draft));
    }

    void fill(int count, Instant expiresAt) {
      database.write(
          handle -> {
            PreparedBatch inserts =
                handle.prepareBatch(
                    """
                    INSERT INTO access_key
                      (id, account_id, secret_mac, generation, expires_at, created_at,
                      created_from, short_lived)
                    VALUES (:id, :account, '', 1, :expiresAt, 0, '', TRUE)
                    """);
            for (int i = 0; i < count; i++) {
              inserts
                  .bind("id", "HK" + i)
                  .bind("account", account.id())
                  .bind("expiresAt", expiresAt.toEpochMilli())
                  .add();
            }
            return inserts.execute().length;
          });
    }

    void update(String change) {
      database.write(
          handle -> handle.execute("UPDATE account SET " + change + " WHERE id = " + account.id()));
    }

    int count() {
      return database.<Integer>read(
          handle ->
              handle.createQuery("SELECT count(*) FROM access_key").mapTo(Integer.class).one());
    }

    @Override
    public void close() {
      database.close();
    }
  }
}
