package io.hatoba.server.content;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.MediaTypes;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Content, bodies and manifests for tests. */
final class TestContent {
  static final Actor KIM = new Actor("account:kim", "key-1", "192.0.2.1");
  static final Actor CI = new Actor("robot:ci", "key-2", "192.0.2.2");
  private static final AtomicInteger SEEDS = new AtomicInteger();

  private TestContent() {}

  /** Bytes that no other call returns (from a few bytes on); the same in every run. */
  static byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    new Random(SEEDS.incrementAndGet()).nextBytes(bytes);
    return bytes;
  }

  static byte[] join(byte[]... parts) {
    int size = Arrays.stream(parts).mapToInt(part -> part.length).sum();
    ByteBuffer all = ByteBuffer.allocate(size);
    Arrays.stream(parts).forEach(all::put);
    return all.array();
  }

  /** A body that arrives in these pieces. */
  static ByteSource body(byte[]... pieces) {
    Iterator<byte[]> rest = List.of(pieces).iterator();
    return () -> rest.hasNext() ? List.of(ByteBuffer.wrap(rest.next())) : List.of();
  }

  /** A body that breaks off after these pieces. */
  static ByteSource broken(byte[]... pieces) {
    return thenDo(
        () -> {
          throw new ByteSource.BodyAbortedException("the client went away");
        },
        pieces);
  }

  /** A body that, before its end, does something. */
  static ByteSource thenDo(Runnable action, byte[]... pieces) {
    Iterator<byte[]> rest = List.of(pieces).iterator();
    return () -> {
      if (rest.hasNext()) {
        return List.of(ByteBuffer.wrap(rest.next()));
      }
      action.run();
      return List.of();
    };
  }

  /** An OCI image manifest of a config and layers. */
  static Json image(Blob config, Blob... layers) {
    return new Json(
            MediaTypes.OCI_MANIFEST,
            "\"config\":" + descriptor(MediaTypes.OCI_CONFIG, config.digest(), config.size()))
        .list(
            "layers",
            Arrays.stream(layers)
                .map(layer -> descriptor(MediaTypes.OCI_LAYER, layer.digest(), layer.size()))
                .toList());
  }

  /** An OCI index of descriptors. */
  static Json index(List<String> descriptors) {
    return new Json(MediaTypes.OCI_INDEX, "\"annotations\":{}").list("manifests", descriptors);
  }

  static String descriptor(String mediaType, Digest digest, long size) {
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}"
        .formatted(mediaType, digest, size);
  }

  /** A manifest in the making. */
  record Json(String mediaType, String fields) {
    Json list(String name, List<String> members) {
      return with("\"%s\":[%s]".formatted(name, String.join(",", members)));
    }

    Json with(String field) {
      return new Json(mediaType, fields + "," + field);
    }

    Json about(Digest subject) {
      return with("\"subject\":" + descriptor(MediaTypes.OCI_MANIFEST, subject, 7));
    }

    byte[] bytes() {
      return "{\"schemaVersion\":2,\"mediaType\":\"%s\",%s}"
          .formatted(mediaType, fields)
          .getBytes(StandardCharsets.UTF_8);
    }

    Digest digest() {
      return Digest.sha256(bytes());
    }

    Optional<String> type() {
      return Optional.of(mediaType);
    }
  }

  /** The refusal that an action ends in, which must have this code. */
  static Refusal refused(ErrorCode code, ThrowingCallable action) {
    AtomicReference<RefusedException> refused = new AtomicReference<>();
    assertThatThrownBy(action)
        .isInstanceOfSatisfying(RefusedException.class, refused::set)
        .hasMessageStartingWith(code + ":");
    return refused.get().refusal();
  }

  /** What comes of doing things at the same time, in the order of the list. */
  static <T> List<T> atOnce(List<? extends Callable<T>> actions) {
    CountDownLatch start = new CountDownLatch(1);
    try (ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
      List<Future<T>> running = new ArrayList<>();
      for (Callable<T> action : actions) {
        running.add(
            threads.submit(
                () -> {
                  start.await();
                  return action.call();
                }));
      }
      start.countDown();
      List<T> results = new ArrayList<>();
      for (Future<T> future : running) {
        results.add(future.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
