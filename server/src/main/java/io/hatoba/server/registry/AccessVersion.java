package io.hatoba.server.registry;

import io.hatoba.server.database.Database;
import jakarta.inject.Singleton;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.jdbi.v3.core.Handle;

/**
 * A number that grows with every change of who may do what: accounts, keys, roles, and the settings
 * of registries that open them. What is remembered together with this number is true as long as the
 * number is the same, on every node, without a time to live.
 *
 * <p>If this process alone can change the database the number is kept in memory and asking costs
 * nothing; otherwise asking is one query for one row.
 */
@Singleton
public final class AccessVersion {
  private final Database database;
  private final AtomicLong own = new AtomicLong(1);

  public AccessVersion(Database database) {
    this.database = database;
  }

  /** The number, if it can be known without asking the database. Never blocks. */
  public OptionalLong remembered() {
    return database.exclusive() ? OptionalLong.of(own.get()) : OptionalLong.empty();
  }

  /**
   * The number now. Ask before loading what is to be remembered with it: what is read afterwards is
   * at least as new.
   */
  public long current() {
    if (database.exclusive()) {
      return own.get();
    }
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT version
                    FROM access_version
                    WHERE id = 1
                    """)
                .mapTo(Long.class)
                .one());
  }

  /** Runs a transaction that changes who may do what. When it returns, every node knows. */
  public <T> T change(Database.Work<T> work) {
    try {
      return database.write(
          handle -> {
            grow(handle); // first, so that changes wait for each other and what they count is exact
            return work.run(handle);
          });
    } finally {
      // Also after a failure: whether a commit that was interrupted took place is not known.
      own.incrementAndGet();
    }
  }

  private static void grow(Handle handle) {
    handle
        .createUpdate(
            """
            UPDATE access_version
            SET version = version + 1
            WHERE id = 1
            """)
        .execute();
  }
}
