package io.hatoba.acceptance.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.acceptance.RegistryServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server under load is killed at random moments and started again on the same data; then
 * everything that it acknowledged is fetched and compared byte by byte, and every upload that was
 * open is resumed. Meanwhile the server lets go of what was deleted, and of blobs that no manifest
 * names.
 *
 * <p>{@code hatoba.crash.kills} says how often on each database, {@code hatoba.crash.seed} repeats
 * the choices of an earlier run, as far as threads allow.
 */
@Tag("crash")
class CrashTest {

  private static final int WORKERS = 6;

  /**
   * So often the same data is used. Then all of it is compared and the next kills begin on an empty
   * folder.
   */
  private static final int KILLS_ON_ONE_FOLDER = 20;

  private final int kills = Integer.getInteger("hatoba.crash.kills");
  private final long seed = seed();

  @TempDir private Path folder;

  @Test
  void whatIsAcknowledgedSurvivesSigkillOnSqlite() throws Exception {
    killAgainAndAgain(number -> reclaiming(folder.resolve("data" + number)));
  }

  @Test
  void whatIsAcknowledgedSurvivesSigkillOnPostgres() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
      killAgainAndAgain(
          number -> {
            createDatabase(postgres, "crash" + number);
            return reclaiming(folder.resolve("data" + number))
                .with(
                    "HATOBA_DATABASE_URL",
                    "postgresql://postgres:postgres@127.0.0.1:%d/crash%d"
                        .formatted(postgres.getPort(), number));
          });
    }
  }

  /** A server that lets go of what is deleted soon, so that kills meet it at that too. */
  private static RegistryServer reclaiming(Path data) {
    return RegistryServer.on(data)
        .with("HATOBA_UNDO_WINDOW", "2s")
        .with("HATOBA_RECLAIM_GRACE", "30s");
  }

  private void killAgainAndAgain(IntFunction<RegistryServer> newServer) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    for (int done = 0; done < kills; done += KILLS_ON_ONE_FOLDER) {
      try (RegistryServer server = newServer.apply(done)) {
        kill(server, random, done, Math.min(KILLS_ON_ONE_FOLDER, kills - done));
      }
    }
  }

  private void kill(RegistryServer server, SplittableRandom random, int done, int times)
      throws Exception {
    Journal journal = new Journal();
    for (int kill = 1; kill <= times; kill++) {
      server.start();
      journal.killing(false);
      try (Load load = new Load(server, journal)) {
        load.start(WORKERS, random.nextLong());
        boolean busy = journal.awaitAcknowledged(random.nextInt(3, 300));
        // Away from the moment of an answer, which is where the wait ends.
        LockSupport.parkNanos(random.nextInt(60_000_000));
        journal.killing(true);
        server.kill();
        assertNoComplaints(server, journal, done + kill);
        assertThat(busy).as("enough writes are acknowledged").isTrue();
      }
      assertNoComplaints(server, journal, done + kill);

      server.start();
      try (Verification verification = new Verification(server, journal)) {
        verification.resumeUploads();
        verification.compare(kill < times ? journal.takeTouched() : journal.allPlaces());
        System.out.printf(
            "crash: kill %d, seed %d: compared %d places, resumed %d uploads%n",
            done + kill, seed, verification.compared(), verification.resumed());
      }
      assertNoComplaints(server, journal, done + kill);
      server.kill();
    }
  }

  private void assertNoComplaints(RegistryServer server, Journal journal, int kill) {
    assertThat(journal.complaints())
        .as(() -> "kill %d, seed %d, %s".formatted(kill, seed, server.report()))
        .isEmpty();
  }

  private static void createDatabase(EmbeddedPostgres postgres, String name) {
    try (Connection connection = postgres.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    } catch (SQLException e) {
      throw new AssertionError("PostgreSQL makes no database " + name, e);
    }
  }

  private static long seed() {
    String given = System.getProperty("hatoba.crash.seed", "");
    return given.isEmpty() ? new SplittableRandom().nextLong() : Long.parseLong(given);
  }
}
