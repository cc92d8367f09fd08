package io.hatoba.server.storage;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A store of write-once objects. All methods block and do real I/O; call them from a platform
 * thread that may wait, never from an event loop.
 *
 * <p>What every implementation promises: an object is readable from the return of {@link
 * ObjectWriter#finish()} on, and from then on its bytes survive a crash of the process and of the
 * machine. What none promises: that an unfinished object cannot be read (a row says what is
 * finished; nobody asks for what no row names), that a listing shows what was created a moment ago,
 * or that two writers of one key are told apart; keys are random, so there is one writer.
 */
public interface Storage {
  /**
   * Starts an object.
   *
   * @throws IOException if it cannot be started; nothing is left behind
   */
  ObjectWriter create(ObjectKey key) throws IOException;

  /**
   * Goes on with an object that was started and not finished, here, before a restart or on another
   * node. Bytes beyond {@code state} are dropped.
   *
   * @throws ObjectLostException if the store no longer has the bytes that {@code state} speaks of
   */
  ObjectWriter resume(ObjectKey key, WriteState state) throws IOException;

  /**
   * Reads bytes of a finished object, for hashing and for answers that cannot be sent by {@link
   * #delivery}.
   *
   * @param length how many bytes, from {@code offset} on; the stream ends with {@link
   *     java.io.EOFException} if the object has fewer
   * @throws ObjectLostException if there is no such object
   */
  InputStream read(ObjectKey key, long offset, long length) throws IOException;

  /** How a finished object is best sent to a client. Does no I/O. */
  Delivery delivery(ObjectKey key);

  /** Removes an object, finished or not; one that does not exist is fine. */
  void delete(ObjectKey key) throws IOException;

  /**
   * A page of the objects in the store, finished or not, in the order of their keys: for the sweep
   * that finds objects no row names.
   *
   * @param after the last key of the page before
   */
  List<Listed> list(Optional<ObjectKey> after, int limit) throws IOException;

  /**
   * An object in a listing.
   *
   * @param modifiedAt when bytes were last added
   */
  record Listed(ObjectKey key, long size, Instant modifiedAt) {}
}
