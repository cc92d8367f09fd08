package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.content.Uploads.UploadRow;
import io.hatoba.server.database.Database;
import io.hatoba.server.storage.ObjectKey;
import io.hatoba.server.storage.ObjectLostException;
import io.hatoba.server.storage.ObjectWriter;
import io.hatoba.server.storage.Storage;
import io.hatoba.server.storage.StorageFullException;
import io.hatoba.server.storage.WriteState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * One request's writing to one upload. Ends in {@link #save()} (the upload goes on later), in
 * {@link #finish} and {@link #finished()} (the blob is made), or in {@link #discard()}; closing
 * without any of them leaves the row as it was, and what was written beyond it is dropped by the
 * next request.
 */
final class UploadWriter implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(UploadWriter.class);
  private static final int READ_BUFFER = 1 << 20;
  private static final Duration STORAGE_RETRY = Duration.ofSeconds(30);

  private final Database database;
  private final Storage storage;
  private final UploadStore store;
  private final ObjectRemovals removals;
  private final ContentIo io;
  private final RunningDigests digests;
  private final InstantSource clock;
  private final Duration expiry;
  private final int inlineSize;
  private final DigestAlgorithm algorithm;

  private UploadRow row;

  /**
   * Whether the database has the row. An upload in one request gets one only when it needs an
   * object.
   */
  private boolean rowExists;

  private final boolean oneRequest;
  private final ByteArrayOutputStream small = new ByteArrayOutputStream();

  /**
   * The object that has the bytes; absent while they are in the row. A row can name an object and
   * have bytes, or have received none: then a request broke off before the object counted, the row
   * counts, and the object may not even exist.
   */
  private @Nullable ObjectKey key;

  private @Nullable ObjectWriter object;

  /** The digest of everything received; absent if it was lost and the bytes must be read again. */
  private @Nullable MessageDigest digest;

  private long received;
  private boolean ended;

  /**
   * Opens a writer.
   *
   * @param oneRequest the whole upload is this request and has no row yet
   */
  UploadWriter(UploadParts parts, UploadRow row, DigestAlgorithm algorithm, boolean oneRequest) {
    this.database = parts.database();
    this.storage = parts.storage();
    this.store = parts.store();
    this.removals = parts.removals();
    this.io = parts.io();
    this.digests = parts.digests();
    this.clock = parts.clock();
    this.expiry = parts.expiry();
    this.inlineSize = parts.inlineSize();
    this.algorithm = algorithm;
    this.row = row;
    this.rowExists = !oneRequest;
    this.oneRequest = oneRequest;
    this.received = row.received();
    if (row.bytes() != null) {
      small.writeBytes(row.bytes());
    } else if (row.objectKey() != null && row.received() > 0) {
      this.key = new ObjectKey(row.objectKey());
    }
    this.digest = runningDigest();
  }

  UploadRow row() {
    return row;
  }

  long received() {
    return received;
  }

  /**
   * Takes in a body up to its end.
   *
   * @throws RefusedException with {@code SIZE_INVALID} if it is not as long as expected: nothing of
   *     it counts
   */
  void receive(ByteSource body, Optional<Long> expectedLength) {
    long before = received;
    for (List<ByteBuffer> some = body.next(); !some.isEmpty(); some = body.next()) {
      long length = some.stream().mapToLong(ByteBuffer::remaining).sum();
      if (expectedLength.isPresent() && received - before + length > expectedLength.get()) {
        throw sizeInvalid(
            "the body is longer than the %d bytes of its Content-Range", expectedLength);
      }
      if (key == null && received + length <= inlineSize) {
        appendSmall(some);
      } else {
        append(some);
      }
      received += length;
    }
    if (expectedLength.isPresent() && received - before != expectedLength.get()) {
      throw sizeInvalid(
          "the body is shorter than the %d bytes of its Content-Range", expectedLength);
    }
  }

  /** As {@link #receive}; if the body breaks off, what has arrived is written down. */
  void receiveOrKeep(ByteSource body, Optional<Long> expectedLength) {
    try {
      receive(body, expectedLength);
    } catch (ByteSource.BodyAbortedException e) {
      save();
      throw e;
    }
  }

  /**
   * Writes down how far the upload has come, for the next request.
   *
   * @return the row as it is now
   */
  UploadRow save() {
    boolean isSmall = key == null;
    WriteState state = isSmall ? WriteState.ofSize(received) : checkpoint();
    UploadRow saved =
        store
            .save(row, state, isSmall ? small.toByteArray() : null, clock.instant().plus(expiry))
            .orElseThrow(() -> Uploads.lostClaim(row.id()));
    if (digest != null) {
      digests.keep(row.id(), new RunningDigests.Running(algorithm, digest, received));
    }
    ended = true;
    row = saved;
    return saved;
  }

  /** Makes the bytes durable and says what digest they have. */
  Digest finish(DigestAlgorithm wanted) {
    ObjectKey written = key;
    if (written == null) {
      return digest != null && wanted == algorithm
          ? Digest.finish(algorithm, digest)
          : Digest.of(wanted, small.toByteArray());
    }
    try {
      ObjectWriter writer = openObject();
      io.call(
          () -> {
            writer.finish();
            return writer;
          });
      return digest != null && wanted == algorithm
          ? Digest.finish(algorithm, digest)
          : readAgain(wanted, written);
    } catch (IOException e) {
      throw storageFailed(e);
    }
  }

  /** Where the bytes are, after {@link #finish}. */
  Blob.Body body() {
    return key == null ? new Blob.Inline(small.toByteArray()) : new Blob.Stored(key);
  }

  /**
   * In the transaction that makes the blob: ends the row of the upload, so that repeating the
   * request succeeds until {@code until}; nobody can repeat one whose id was never told. False if
   * somebody else has gone on with the upload.
   */
  boolean endRow(Handle handle, Blob blob, Instant now, Instant until) {
    if (!rowExists) {
      return true;
    }
    return oneRequest ? store.forget(handle, row) : store.finish(handle, row, blob, now, until);
  }

  /** The blob's row is committed. */
  void finished() {
    ended = true;
  }

  /** Forgets the upload with what it has received. */
  void discard() {
    ended = true;
    digests.forget(row.id());
    if (rowExists) {
      Optional<ObjectKey> key =
          database.write(handle -> store.delete(handle, row.id(), clock.instant()));
      key.ifPresent(removals::removeNow);
    }
  }

  @Override
  public void close() {
    try {
      if (object != null) {
        object.close();
      }
    } catch (IOException e) {
      LOG.warnf(e, "failed to close an object upload=%s", row.id());
    }
    if (ended) {
      return;
    }
    if (oneRequest) {
      discard();
    } else if (row.claimedBy() != null) {
      store.release(row);
    }
  }

  private @Nullable MessageDigest runningDigest() {
    Optional<RunningDigests.Running> running = digests.take(row.id(), algorithm, received);
    if (running.isPresent()) {
      return running.get().digest();
    }
    if (key != null) {
      return null;
    }
    MessageDigest fresh = algorithm.newMessageDigest();
    fresh.update(small.toByteArray());
    return fresh;
  }

  private void appendSmall(List<ByteBuffer> some) {
    for (ByteBuffer buffer : some) {
      if (digest != null) {
        digest.update(buffer.duplicate());
      }
      byte[] bytes = new byte[buffer.remaining()];
      buffer.get(bytes);
      small.writeBytes(bytes);
    }
  }

  private void append(List<ByteBuffer> some) {
    try {
      ObjectWriter writer = openObject();
      renewClaim();
      MessageDigest running = digest;
      io.call(
          () -> {
            if (running != null) {
              some.forEach(buffer -> running.update(buffer.duplicate()));
            }
            writer.write(some.toArray(ByteBuffer[]::new));
            return writer;
          });
    } catch (IOException e) {
      throw storageFailed(e);
    }
  }

  private ObjectWriter openObject() throws IOException {
    if (object != null) {
      return object;
    }
    ObjectKey resumed = key;
    ObjectKey written = resumed == null ? ObjectKey.random() : resumed;
    claim(written);
    object =
        io.call(
            () -> {
              if (resumed != null) {
                return storage.resume(resumed, new WriteState(row.received(), row.objectDetail()));
              }
              return startWith(written, ByteBuffer.wrap(small.toByteArray()));
            });
    key = written;
    return object;
  }

  private ObjectWriter startWith(ObjectKey written, ByteBuffer first) throws IOException {
    ObjectWriter created = storage.create(written);
    try {
      created.write(first);
      return created;
    } catch (IOException e) {
      created.close();
      throw e;
    }
  }

  private void claim(ObjectKey written) {
    Instant now = clock.instant();
    Instant until = now.plus(Uploads.CLAIM);
    if (rowExists) {
      row = store.claim(row, written, now, until).orElseThrow(() -> Uploads.busy(row.id()));
      return;
    }
    UploadRow claimed = store.claimed(row, written, until);
    database.write(
        handle -> {
          store.insert(handle, claimed);
          return claimed;
        });
    row = claimed;
    rowExists = true;
  }

  private void renewClaim() {
    if (key != null
        && row.claimedUntil().isBefore(clock.instant().plus(Uploads.CLAIM.dividedBy(2)))) {
      claim(key);
    }
  }

  private WriteState checkpoint() {
    ObjectWriter writer = object;
    if (writer == null) {
      return new WriteState(row.received(), row.objectDetail());
    }
    try {
      return io.call(writer::checkpoint);
    } catch (IOException e) {
      throw storageFailed(e);
    }
  }

  private Digest readAgain(DigestAlgorithm wanted, ObjectKey written) throws IOException {
    return io.call(
        () -> {
          MessageDigest computation = wanted.newMessageDigest();
          byte[] buffer = new byte[READ_BUFFER];
          try (InputStream in = storage.read(written, 0, received)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
              computation.update(buffer, 0, n);
            }
          }
          return Digest.finish(wanted, computation);
        });
  }

  private RefusedException sizeInvalid(String message, Optional<Long> expected) {
    return new RefusedException(
        Refusal.invalid(
            ErrorCode.SIZE_INVALID,
            message.formatted(expected.orElseThrow()) + "; nothing of it was kept",
            row.id()));
  }

  private RefusedException storageFailed(IOException e) {
    digests.forget(row.id());
    if (e instanceof ObjectLostException) {
      LOG.errorf(e, "the storage lost the bytes of an upload upload=%s", row.id());
      discard();
      return new RefusedException(
          Refusal.unknown(
              ErrorCode.BLOB_UPLOAD_UNKNOWN,
              "the storage no longer has what this upload received; start a new one",
              row.id()));
    }
    LOG.errorf(e, "failed to write to the storage upload=%s", row.id());
    String message =
        e instanceof StorageFullException
            ? "the registry's storage is full; nothing was lost, try again when there is space"
            : "the registry's storage cannot be written to; nothing was lost, try again later";
    return new RefusedException(new Refusal.Unavailable(message, STORAGE_RETRY));
  }

  /** What every writer needs. */
  record UploadParts(
      Database database,
      Storage storage,
      UploadStore store,
      ObjectRemovals removals,
      ContentIo io,
      RunningDigests digests,
      InstantSource clock,
      Duration expiry,
      int inlineSize) {}
}
