package io.hatoba.server.scrub;

import io.hatoba.oci.Digest;
import io.hatoba.server.content.Damage.Kind;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

/**
 * A copy that could not be read.
 *
 * @param attempts how often that was tried
 * @param notBefore when it is tried again
 * @param error what the storage said
 */
public record Unreadable(
    Kind kind, Digest digest, int attempts, Instant failedAt, Instant notBefore, String error) {
  static Unreadable of(ResultSet row) throws SQLException {
    return new Unreadable(
        Kind.of(row.getString("kind")),
        Digest.parse(row.getString("digest")),
        row.getInt("attempts"),
        Instant.ofEpochMilli(row.getLong("failed_at")),
        Instant.ofEpochMilli(row.getLong("not_before")),
        row.getString("error"));
  }
}
