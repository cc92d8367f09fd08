package io.hatoba.server.backup;

import io.hatoba.oci.Digest;
import io.hatoba.server.database.Database;
import io.hatoba.server.storage.ObjectKey;
import java.util.List;
import java.util.Optional;

/** An object that a row of the database names. */
record NamedObject(Digest digest, long size, String objectKey) {
  private static final int PAGE = 500;

  ObjectKey key() {
    return new ObjectKey(objectKey);
  }

  /** A page of them, in the order of their digests. */
  static List<NamedObject> page(Database database, Optional<Digest> after) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT digest, size, object_key
                    FROM blob
                    WHERE object_key IS NOT NULL AND digest > :after
                    ORDER BY digest
                    LIMIT :limit
                    """)
                .bind("after", after.map(Digest::toString).orElse(""))
                .bind("limit", PAGE)
                .mapTo(NamedObject.class)
                .list());
  }

  /** How many there are, and their bytes. */
  static Total total(Database database) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT count(*) AS count, CAST(coalesce(sum(size), 0) AS BIGINT) AS bytes
                    FROM blob
                    WHERE object_key IS NOT NULL
                    """)
                .mapTo(Total.class)
                .one());
  }

  record Total(long count, long bytes) {}
}
