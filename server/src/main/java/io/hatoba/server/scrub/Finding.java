package io.hatoba.server.scrub;

import io.hatoba.oci.Digest;
import io.hatoba.server.content.Damage.Kind;
import java.time.Instant;
import java.util.Optional;

/**
 * Something that was found damaged.
 *
 * @param problem {@code missing}, {@code short} or {@code wrong-bytes}
 * @param size in bytes, of what it should be
 * @param object the object that is damaged, and kept; empty if it rested in the database
 * @param outcome {@code healed} or {@code gone}; empty while it is damaged
 */
public record Finding(
    long id,
    Kind kind,
    Digest digest,
    String problem,
    long size,
    Instant foundAt,
    Optional<String> object,
    Optional<String> outcome,
    Optional<Instant> endedAt) {}
