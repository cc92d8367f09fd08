package io.hatoba.acceptance.durability;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What the load has asked of the server and what the server has said to it. It lives in the process
 * of the tests, which is not killed.
 *
 * <p>A place is the path of a blob, a manifest or a tag; what it holds is a digest or nothing.
 */
final class Journal {

  private static final int MANY = 1_000_000;

  private final ConcurrentMap<String, Register> places = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Supplier<byte[]>> bodies = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, List<String>> blobs = new ConcurrentHashMap<>();
  private final Set<String> touched = ConcurrentHashMap.newKeySet();
  private final Queue<OpenUpload> uploads = new ConcurrentLinkedQueue<>();
  private final Queue<String> complaints = new ConcurrentLinkedQueue<>();
  private final Semaphore acknowledged = new Semaphore(0);
  private volatile boolean killing;

  /** The register of a place, which counts as touched from now on. */
  Register place(String path) {
    touched.add(path);
    return places.computeIfAbsent(path, Register::new);
  }

  /** How far each place has come by now; see {@link Register#possibleSince}. */
  Map<String, Long> marks() {
    return places.entrySet().stream()
        .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, e -> e.getValue().mark()));
  }

  /** Remembers how to make the bytes of a digest again. */
  void body(String digest, Supplier<byte[]> bytes) {
    bodies.putIfAbsent(digest, bytes);
  }

  /** Remembers which blobs a manifest names. */
  void blobs(String manifest, List<String> digests) {
    blobs.putIfAbsent(manifest, List.copyOf(digests));
  }

  /** The blobs that a manifest names; none of anything else. */
  List<String> blobsOf(String manifest) {
    return blobs.getOrDefault(manifest, List.of());
  }

  byte[] bytes(String digest) {
    Supplier<byte[]> body = bodies.get(digest);
    if (body == null) {
      throw new AssertionError("the server names " + digest + ", which nobody has pushed");
    }
    return body.get();
  }

  /** One more write was acknowledged. */
  void count() {
    acknowledged.release();
  }

  /** Waits for so many acknowledged writes; false when they do not come. */
  boolean awaitAcknowledged(int writes) throws InterruptedException {
    return acknowledged.tryAcquire(writes, 2, TimeUnit.MINUTES);
  }

  /** From now on connections may break. */
  void killing(boolean now) {
    killing = now;
    if (!now) {
      acknowledged.drainPermits();
    }
  }

  boolean killing() {
    return killing;
  }

  /**
   * The server did something that it must not do. It also ends the wait for writes: there may be no
   * more.
   */
  void complain(String what) {
    complaints.add(what);
    acknowledged.release(MANY);
  }

  Collection<String> complaints() {
    return complaints;
  }

  void leaveOpen(OpenUpload upload) {
    uploads.add(upload);
  }

  /** The uploads that were left open, each given out once. */
  Optional<OpenUpload> takeOpenUpload() {
    return Optional.ofNullable(uploads.poll());
  }

  /** The places that were written since this was last asked. */
  Set<String> takeTouched() {
    Set<String> taken = Set.copyOf(touched);
    touched.removeAll(taken);
    return taken;
  }

  /** All places that were ever written. */
  Set<String> allPlaces() {
    return Set.copyOf(places.keySet());
  }

  /** An upload session that was opened and not finished. */
  static final class OpenUpload {
    final String repository;
    final Supplier<byte[]> body;
    volatile String location;
    volatile int acknowledged;
    volatile int sent;

    OpenUpload(String repository, String location, Supplier<byte[]> body) {
      this.repository = repository;
      this.location = location;
      this.body = body;
    }
  }
}
