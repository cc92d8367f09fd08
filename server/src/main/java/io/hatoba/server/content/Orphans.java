package io.hatoba.server.content;

import io.hatoba.server.database.Database;
import io.hatoba.server.storage.ObjectKey;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/**
 * Objects that no row names: left over from a crash, or from a storage that kept what it was told
 * to remove.
 *
 * <p>Why what is listed first and looked up then can be trusted: the row of an upload names its
 * object before that is created; from there the name goes to the blob's row, to the queue of
 * removals or to what is kept aside, each time in one transaction; and a key is used once. So an
 * object that was listed and that no row names in a later snapshot will never be named.
 */
@Singleton
public final class Orphans {
  private final Database database;
  private final ObjectRemovals removals;
  private final InstantSource clock;

  public Orphans(Database database, ObjectRemovals removals, InstantSource clock) {
    this.database = database;
    this.removals = removals;
    this.clock = clock;
  }

  /** Which of these objects, which were listed before, no row names. */
  public Set<ObjectKey> among(List<ObjectKey> listed) {
    return listed.isEmpty() ? Set.of() : database.read(handle -> among(handle, listed));
  }

  /**
   * Queues those of these objects for removal that still no row names.
   *
   * @return how many
   */
  public int queue(List<ObjectKey> listed) {
    if (listed.isEmpty()) {
      return 0;
    }
    return database.write(
        handle -> {
          Set<ObjectKey> orphans = among(handle, listed);
          orphans.forEach(key -> removals.queue(handle, key, clock.instant()));
          return orphans.size();
        });
  }

  /** One statement, and so one snapshot on every database. */
  private static Set<ObjectKey> among(Handle handle, List<ObjectKey> listed) {
    List<String> named =
        handle
            .createQuery(
                """
                SELECT object_key
                FROM blob
                WHERE object_key IN (<keys>)
                UNION ALL
                SELECT object_key
                FROM upload
                WHERE object_key IN (<keys>)
                UNION ALL
                SELECT object_key
                FROM object_removal
                WHERE object_key IN (<keys>)
                UNION ALL
                SELECT object_key
                FROM damage
                WHERE object_key IN (<keys>)
                """)
            .bindList("keys", listed.stream().map(ObjectKey::id).toList())
            .mapTo(String.class)
            .list();
    Set<ObjectKey> orphans = new LinkedHashSet<>(listed);
    named.forEach(key -> orphans.remove(new ObjectKey(key)));
    return orphans;
  }
}
