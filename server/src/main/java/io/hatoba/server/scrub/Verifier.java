package io.hatoba.server.scrub;

import io.hatoba.oci.Digest;
import io.hatoba.server.content.Damage.Problem;
import io.hatoba.server.storage.ObjectKey;
import io.hatoba.server.storage.ObjectLostException;
import io.hatoba.server.storage.Storage;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.Optional;

/**
 * Compares a copy with its digest. In doubt nothing is damaged: an error while reading is not, nor
 * is what is wrong at one reading and not at the next, nor an object that is missing from a storage
 * in which there is nothing at all.
 */
final class Verifier {
  private static final int BUFFER = 256 << 10;

  private final Storage storage;
  private final byte[] buffer = new byte[BUFFER];

  Verifier(Storage storage) {
    this.storage = storage;
  }

  /** Reads the copy; what seems damaged, twice. Used by one thread. */
  Verdict verify(StoredCopy copy, Reading reading) {
    Verdict first = readOnce(copy, reading);
    if (!(first instanceof Verdict.Damaged)) {
      return first;
    }
    return switch (readOnce(copy, reading)) {
      case Verdict.Whole _ ->
          new Verdict.Unreadable("two readings gave different bytes; suspect memory or controller");
      case Verdict.Damaged(Problem problem) when problem == Problem.MISSING -> missing();
      case Verdict.Damaged damaged -> damaged;
      case Verdict.Unreadable unreadable -> unreadable;
      case Verdict.Aborted aborted -> aborted;
    };
  }

  private Verdict readOnce(StoredCopy copy, Reading reading) {
    if (copy.bytes() != null) {
      boolean whole = Digest.of(copy.digest().algorithm(), copy.bytes()).equals(copy.digest());
      if (!reading.goOn(copy.bytes().length)) {
        return new Verdict.Aborted();
      }
      return whole ? new Verdict.Whole() : new Verdict.Damaged(Problem.WRONG_BYTES);
    }
    if (copy.objectKey() == null) {
      return new Verdict.Unreadable("the row names neither an object nor bytes");
    }
    try {
      return read(copy, new ObjectKey(copy.objectKey()), reading);
    } catch (ObjectLostException e) {
      return new Verdict.Damaged(Problem.MISSING);
    } catch (EOFException e) {
      return new Verdict.Damaged(Problem.SHORT);
    } catch (IOException e) {
      return new Verdict.Unreadable(String.valueOf(e.getMessage()));
    }
  }

  private Verdict read(StoredCopy copy, ObjectKey key, Reading reading) throws IOException {
    MessageDigest computation = copy.digest().algorithm().newMessageDigest();
    try (InputStream in = storage.read(key, 0, copy.size())) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        computation.update(buffer, 0, n);
        if (!reading.goOn(n)) {
          return new Verdict.Aborted();
        }
      }
    }
    return Digest.finish(copy.digest().algorithm(), computation).equals(copy.digest())
        ? new Verdict.Whole()
        : new Verdict.Damaged(Problem.WRONG_BYTES);
  }

  /** A folder that is not mounted has lost no object. */
  private Verdict missing() {
    try {
      return storage.list(Optional.empty(), 1).isEmpty()
          ? new Verdict.Unreadable("the storage lists no object at all; is it the right one?")
          : new Verdict.Damaged(Problem.MISSING);
    } catch (IOException e) {
      return new Verdict.Unreadable(String.valueOf(e.getMessage()));
    }
  }

  /** What came of a reading. */
  sealed interface Verdict {
    /** The bytes are those of the digest. */
    record Whole() implements Verdict {}

    /** They are not. */
    record Damaged(Problem problem) implements Verdict {}

    /** Nobody knows. */
    record Unreadable(String error) implements Verdict {}

    /** The reading was given up. */
    record Aborted() implements Verdict {}
  }

  /** Who is told of what was read, and says whether to go on. */
  @FunctionalInterface
  interface Reading {
    /** Called after so many bytes; may wait. */
    boolean goOn(long bytes);
  }
}
