package io.hatoba.server.content;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import io.hatoba.server.startup.NodeId;
import io.hatoba.server.storage.ObjectKey;
import io.hatoba.server.storage.Storage;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Uploads that can be resumed, after a restart and on another node.
 *
 * <p>All methods that take an upload id refuse with {@code BLOB_UPLOAD_UNKNOWN} what does not exist
 * in that repository, is finished, cancelled or expired. One request writes to an upload at a time;
 * another one meanwhile is refused with {@code TOOMANYREQUESTS}.
 *
 * <pre>
 * open ── bytes ≤ inline size ──▶ in the row ──┐
 *   │                                          ├── finish: sync, then one transaction ──▶ blob
 *   └── more ──▶ claim, object ── checkpoint ──┘
 * </pre>
 *
 * What is acknowledged by {@code Range} is in the row or in the object that the row names. The row
 * says how much of the object counts; whatever a broken request wrote beyond is dropped by the next
 * one. The running digest is kept in memory for the next request; where it is lost, the object is
 * read again once, at the end.
 */
@Singleton
public final class Uploads {
  private static final Logger LOG = Logger.getLogger(Uploads.class);

  /**
   * How long a claim holds without being renewed; longer than any pause that the server allows
   * between two bytes.
   */
  static final Duration CLAIM = Duration.ofMinutes(5);

  /**
   * How long a finished upload is remembered, so that a repeated closing request succeeds
   * (jib#4301).
   */
  private static final Duration FINISHED_EXPIRY = Duration.ofMinutes(15);

  private static final Duration BUSY_RETRY = Duration.ofSeconds(5);
  private static final int EXPIRY_BATCH = 500;

  private final Database database;
  private final Blobs blobs;
  private final ObjectRemovals removals;
  private final Quotas quotas;
  private final UploadStore store;
  private final InstantSource clock;
  private final Duration expiry;
  private final UploadWriter.UploadParts parts;
  private final RunningDigests digests = new RunningDigests();
  private final Map<String, Opening> opening = new ConcurrentHashMap<>();

  /**
   * Uploads that could not be written down after their clients were told of them: those are told
   * why.
   */
  private final Cache<String, RefusedException> unopened =
      Caffeine.newBuilder().maximumSize(10_000).expireAfterWrite(Duration.ofMinutes(10)).build();

  private final Set<String> busy = ConcurrentHashMap.newKeySet();

  public Uploads(
      Database database,
      Storage storage,
      Blobs blobs,
      ObjectRemovals removals,
      UsageLedger usage,
      ContentIo io,
      ContentConfig config,
      NodeId node,
      InstantSource clock) {
    this.database = database;
    this.blobs = blobs;
    this.removals = removals;
    this.quotas = usage.quotas();
    this.store = new UploadStore(database, removals, node);
    this.clock = clock;
    this.expiry = config.uploadExpiry();
    this.parts =
        new UploadWriter.UploadParts(
            database,
            storage,
            store,
            removals,
            io,
            digests,
            clock,
            expiry,
            Math.toIntExact(config.inlineBlobSize().asLongValue()));
  }

  /** Opens an upload. {@code algorithm} is what the final digest will probably use. */
  public Status start(Repository repository, Actor actor, DigestAlgorithm algorithm) {
    return start(repository, actor, algorithm, Optional.empty());
  }

  /**
   * Opens an upload.
   *
   * @param algorithm what the final digest will probably use
   * @param digest of the blob, if the client has said which one it will be
   * @throws RefusedException with {@code DENIED} if no byte of it fits into the registry's quota
   */
  public Status start(
      Repository repository, Actor actor, DigestAlgorithm algorithm, Optional<Digest> digest) {
    if (digest.isPresent()) {
      quotas.room(repository, digest, 1);
    }
    UploadRow row = fresh(repository, actor, algorithm);
    // Nothing was received that could be lost, so nobody waits for the commit; until then this
    // process remembers.
    Opening written = new Opening(row, new CompletableFuture<>());
    opening.put(row.id(), written);
    try {
      database
          .writeBehind(
              handle -> {
                store.insert(handle, row);
                return row;
              })
          .whenComplete(
              (_, failure) -> {
                if (failure != null) {
                  LOG.error("failed to write down a new upload", failure);
                  unopened.put(row.id(), asRefusal(failure));
                }
                opening.remove(row.id());
                written.done().complete(null);
              });
    } catch (RuntimeException e) {
      opening.remove(row.id());
      return DeletedMeanwhile.told(
          database,
          repository,
          () -> {
            throw e;
          });
    }
    return status(row);
  }

  /** The upload as it stands. */
  public Status status(Repository repository, String uploadId) {
    return DeletedMeanwhile.told(database, repository, () -> status(open(repository, uploadId)));
  }

  /**
   * Appends a body. If the body breaks off, what has arrived is kept.
   *
   * @param range where the client says the body belongs; empty appends at the end
   * @throws RefusedException with {@code RANGE_INVALID} (416) if the range does not start at the
   *     end of what was received: the upload stays valid; {@code SIZE_INVALID} if the body is not
   *     as long as its range: nothing of it is kept; {@code DENIED} as soon as the blob cannot fit
   *     into the registry's quota: the upload is gone then
   */
  public Status append(
      Repository repository, String uploadId, Optional<Range> range, ByteSource body) {
    return exclusively(
        repository,
        uploadId,
        () -> {
          UploadRow row = open(repository, uploadId);
          requireAtEnd(row, range);
          try (UploadWriter writer = writer(row, DigestAlgorithm.valueOf(row.algorithm()))) {
            return discardingIfDenied(
                writer,
                () -> {
                  ByteSource fitting = fitting(repository, Optional.empty(), row, body);
                  writer.receiveOrKeep(fitting, expectedLength(range));
                  return status(writer.save());
                });
          }
        });
  }

  /**
   * Appends a last body, which may be empty, and makes the blob: when this returns it is durable.
   * Repeating the call for an upload that just finished with this digest succeeds again.
   *
   * @throws RefusedException as {@link #append}, and {@code DIGEST_INVALID} if the bytes have
   *     another digest: the upload is gone then
   */
  public Blob finish(
      Repository repository,
      String uploadId,
      Digest digest,
      Optional<Range> range,
      ByteSource body) {
    return exclusively(
        repository,
        uploadId,
        () -> {
          UploadRow row = find(repository, uploadId).orElseThrow(() -> unknown(uploadId));
          if (row.finishedDigest() != null) {
            return finishedBefore(repository, row, digest);
          }
          requireAtEnd(row, range);
          // Nothing was hashed yet: hash with what the client wants, whatever the upload was opened
          // for.
          DigestAlgorithm algorithm =
              row.received() == 0 ? digest.algorithm() : DigestAlgorithm.valueOf(row.algorithm());
          try (UploadWriter writer = writer(row, algorithm)) {
            return discardingIfDenied(
                writer,
                () -> {
                  ByteSource fitting = fitting(repository, Optional.of(digest), row, body);
                  writer.receiveOrKeep(fitting, expectedLength(range));
                  return complete(repository, writer, digest);
                });
          }
        });
  }

  /**
   * Receives a whole blob at once, without an upload that could be resumed.
   *
   * @throws RefusedException with {@code DIGEST_INVALID} if the bytes have another digest, or
   *     {@code DENIED} if the blob does not fit into the registry's quota: nothing is kept
   */
  public Blob put(Repository repository, Actor actor, Digest digest, ByteSource body) {
    UploadRow row = fresh(repository, actor, digest.algorithm());
    return DeletedMeanwhile.told(
        database,
        repository,
        () -> {
          try (UploadWriter writer = new UploadWriter(parts, row, digest.algorithm(), true)) {
            writer.receive(fitting(repository, Optional.of(digest), row, body), Optional.empty());
            return complete(repository, writer, digest);
          }
        });
  }

  /** Forgets an upload with what it has received. */
  public void cancel(Repository repository, String uploadId) {
    exclusively(
        repository,
        uploadId,
        () -> {
          UploadRow row = open(repository, uploadId);
          try (UploadWriter writer = writer(row, DigestAlgorithm.valueOf(row.algorithm()))) {
            writer.discard();
          }
          return row;
        });
  }

  /**
   * Forgets a batch of uploads that nobody went on with in time, and of finished ones.
   *
   * @return how many; more may be waiting unless it is 0
   */
  public int expireOnce() {
    Instant now = clock.instant();
    return database.write(
        handle -> {
          List<UploadStore.Expired> expired =
              store.expired(handle, now, EXPIRY_BATCH).stream()
                  .filter(upload -> !busy.contains(upload.id()))
                  .toList();
          store.delete(handle, expired, now);
          return expired.size();
        });
  }

  private RoomSource fitting(
      Repository repository, Optional<Digest> digest, UploadRow row, ByteSource body) {
    return new RoomSource(quotas, repository, digest, row.received(), body);
  }

  /**
   * What does not fit today will not be gone on with; it would only take space until it expires.
   */
  private static <T> T discardingIfDenied(UploadWriter writer, Supplier<T> action) {
    try {
      return action.get();
    } catch (RefusedException e) {
      if (e.refusal() instanceof Refusal.Denied) {
        writer.discard();
      }
      throw e;
    }
  }

  private Blob complete(Repository repository, UploadWriter writer, Digest digest) {
    Digest actual = writer.finish(digest.algorithm());
    if (!actual.equals(digest)) {
      writer.discard();
      throw new RefusedException(
          Refusal.invalid(
              ErrorCode.DIGEST_INVALID,
              "the %d bytes that arrived have the digest %s and not %s; push them again"
                  .formatted(writer.received(), actual, digest),
              digest.toString()));
    }
    Blob ours = new Blob(digest, writer.received(), writer.body());
    Instant now = clock.instant();
    Blob present =
        database.write(
            handle -> {
              if (!writer.endRow(handle, ours, now, now.plus(FINISHED_EXPIRY))) {
                throw lostClaim(writer.row().id());
              }
              return blobs.add(handle, repository, ours);
            });
    writer.finished();
    if (ours.body() instanceof Blob.Stored(ObjectKey key) && !present.body().equals(ours.body())) {
      removals.removeNow(key);
    }
    return present;
  }

  private Blob finishedBefore(Repository repository, UploadRow row, Digest digest) {
    if (!digest.equals(row.finishedDigest())) {
      throw unknown(row.id());
    }
    return blobs.find(repository, digest).orElseThrow(() -> unknown(row.id()));
  }

  private UploadRow fresh(Repository repository, Actor actor, DigestAlgorithm algorithm) {
    Instant now = clock.instant();
    return new UploadRow(
        UUID.randomUUID().toString(),
        repository.id(),
        actor.principal(),
        algorithm.name(),
        0,
        null,
        null,
        "",
        null,
        Instant.EPOCH,
        null,
        now,
        now.plus(expiry));
  }

  private UploadWriter writer(UploadRow row, DigestAlgorithm algorithm) {
    return new UploadWriter(parts, row, algorithm, false);
  }

  private UploadRow open(Repository repository, String uploadId) {
    return find(repository, uploadId)
        .filter(row -> row.finishedDigest() == null)
        .orElseThrow(() -> unknown(uploadId));
  }

  private Optional<UploadRow> find(Repository repository, String uploadId) {
    RefusedException failure = unopened.getIfPresent(uploadId);
    if (failure != null) {
      throw failure;
    }
    return Optional.ofNullable(opening.get(uploadId))
        .map(Opening::row)
        .filter(row -> row.repositoryId() == repository.id())
        .or(() -> store.find(repository.id(), uploadId))
        .filter(row -> row.expiresAt().isAfter(clock.instant()));
  }

  private <T> T exclusively(Repository repository, String uploadId, Supplier<T> action) {
    if (!busy.add(uploadId)) {
      throw busy(uploadId);
    }
    try {
      return DeletedMeanwhile.told(database, repository, action);
    } catch (RefusedException e) {
      throw whyUnopened(uploadId).orElse(e);
    } finally {
      busy.remove(uploadId);
    }
  }

  /**
   * Why an upload could not be written down. Whoever goes on with it meanwhile finds no row, and
   * that looks as if another request had been faster.
   */
  private Optional<RefusedException> whyUnopened(String uploadId) {
    Opening written = opening.get(uploadId);
    if (written != null) {
      written.done().join(); // it is before every write of ours
    }
    return Optional.ofNullable(unopened.getIfPresent(uploadId));
  }

  private static RefusedException asRefusal(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof RefusedException refused
        ? refused
        : new RefusedException(
            new Refusal.Unavailable(
                "the upload could not be written down; start a new one", BUSY_RETRY));
  }

  private static void requireAtEnd(UploadRow row, Optional<Range> range) {
    if (range.isPresent() && range.get().first() != row.received()) {
      throw new RefusedException(
          Refusal.invalid(
              ErrorCode.RANGE_INVALID,
              "the upload has received %d bytes, so the next chunk starts at %d and not at %d"
                  .formatted(row.received(), row.received(), range.get().first()),
              row.id()));
    }
  }

  private static Optional<Long> expectedLength(Optional<Range> range) {
    return range.map(r -> r.last() - r.first() + 1);
  }

  private static Status status(UploadRow row) {
    return new Status(row.id(), row.received(), row.owner(), row.expiresAt());
  }

  static RefusedException busy(String uploadId) {
    return new RefusedException(
        new Refusal.TooMany(
            "another request is writing to upload %s; go on when it has ended".formatted(uploadId),
            BUSY_RETRY));
  }

  static RefusedException lostClaim(String uploadId) {
    return new RefusedException(
        Refusal.invalid(
            ErrorCode.RANGE_INVALID,
            "another request has gone on with this upload meanwhile; ask for its status",
            uploadId));
  }

  private static RefusedException unknown(String uploadId) {
    String shown = uploadId.length() <= 64 ? uploadId : uploadId.substring(0, 64);
    return new RefusedException(
        Refusal.unknown(
            ErrorCode.BLOB_UPLOAD_UNKNOWN,
            "no such upload in this repository: it is finished, cancelled or expired, or never was; start a new one",
            shown));
  }

  /** Where a body belongs, both inclusive, as {@code Content-Range} of a chunk says it. */
  public record Range(long first, long last) {
    public Range {
      if (first < 0 || last < first - 1) {
        throw new IllegalArgumentException("not a range");
      }
    }
  }

  /**
   * An upload as it stands.
   *
   * @param received bytes that need not be sent again
   * @param owner the principal that opened it
   */
  public record Status(String id, long received, String owner, Instant expiresAt) {}

  /**
   * An upload that is being written down.
   *
   * @param done completes, never with a failure, when it is known what became of it
   */
  private record Opening(UploadRow row, CompletableFuture<Void> done) {}

  /** A row of {@code upload}. */
  @SuppressWarnings("ArrayRecordComponent") // lives from the query to the end of a request
  record UploadRow(
      String id,
      long repositoryId,
      String owner,
      String algorithm,
      long received,
      byte @Nullable [] bytes,
      @Nullable String objectKey,
      String objectDetail,
      @Nullable String claimedBy,
      Instant claimedUntil,
      @Nullable Digest finishedDigest,
      Instant createdAt,
      Instant expiresAt) {}
}
