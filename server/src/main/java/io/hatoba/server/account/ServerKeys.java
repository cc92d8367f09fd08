package io.hatoba.server.account;

import io.hatoba.server.database.Database;
import io.hatoba.server.startup.Secret;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The server's own keys: one for each purpose, made by whichever node first needs it, the same on
 * every node, never changed. They rest in the database in the clear: who can read the database can
 * sign tokens.
 */
@Singleton
public final class ServerKeys {
  private final Database database;
  private final InstantSource clock;
  private final ConcurrentHashMap<String, Secret> known = new ConcurrentHashMap<>();

  public ServerKeys(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * The key for a purpose. The first call in a process asks the database, and stores {@code fresh}
   * if there is none; of two nodes that do so at once both get the same.
   */
  public Secret key(String purpose, Supplier<Secret> fresh) {
    Secret remembered = known.get(purpose);
    if (remembered != null) {
      return remembered;
    }
    Secret candidate = fresh.get();
    database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    INSERT INTO server_key (purpose, generation, material, created_at)
                    VALUES (:purpose, 1, :material, :createdAt)
                    ON CONFLICT (purpose, generation) DO NOTHING
                    """)
                .bind("purpose", purpose)
                .bind("material", candidate.reveal())
                .bind("createdAt", clock.millis())
                .execute());
    Secret stored =
        database.read(
            handle ->
                handle
                    .createQuery(
                        """
                        SELECT material
                        FROM server_key
                        WHERE purpose = :purpose
                        ORDER BY generation DESC
                        LIMIT 1
                        """)
                    .bind("purpose", purpose)
                    .map((row, context) -> new Secret(row.getString("material")))
                    .one());
    known.put(purpose, stored);
    return stored;
  }
}
