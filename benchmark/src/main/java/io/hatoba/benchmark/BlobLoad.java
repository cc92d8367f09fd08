package io.hatoba.benchmark;

import io.hatoba.oci.Digest;
import io.hatoba.oci.MediaTypes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A few clients that push one large blob each, POST and one PUT, at the same time. The bytes are
 * random, were never pushed before, and are in memory and hashed before the time starts.
 */
final class BlobLoad {
  private static final AtomicLong NUMBERS = new AtomicLong(System.nanoTime());

  private final List<byte[]> buffers = new ArrayList<>();

  BlobLoad(int clients, int mebibytes) {
    for (int i = 0; i < clients; i++) {
      byte[] bytes = new byte[mebibytes * 1024 * 1024];
      new Random(i).nextBytes(bytes);
      buffers.add(bytes);
    }
  }

  /** Runs it; bytes per second of all clients together, until the last answer. */
  Sample run(Peer peer, int clients) throws IOException, InterruptedException {
    String repository = PeerLauncher.REGISTRY + "/large";
    Optional<String> authorization =
        AccessToken.authorization(peer, "repository:" + repository + ":pull,push");
    List<Callable<Boolean>> tasks = new ArrayList<>();
    long bytes = 0;
    for (byte[] content : buffers.subList(0, clients)) {
      ByteBuffer.wrap(content).putLong(nextNumber());
      bytes += content.length;
      Digest digest = Digest.sha256(content);
      RawConnection connection = new RawConnection(peer.origin(), authorization);
      tasks.add(
          () -> {
            try (connection) {
              return push(connection, repository, content, digest);
            }
          });
    }
    long errors = 0;
    long start = System.nanoTime();
    try (ExecutorService threads = Executors.newFixedThreadPool(clients)) {
      for (Future<Boolean> future : threads.invokeAll(tasks)) {
        errors += future.get() ? 0 : 1;
      }
    } catch (ExecutionException e) {
      throw new IOException("a push to " + peer.name() + " failed", e);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Sample(bytes / seconds, errors, 0);
  }

  /** One push; whether the registry took it. */
  static boolean push(RawConnection connection, String repository, byte[] content, Digest digest)
      throws IOException {
    RawConnection.Reply opened =
        connection.send("POST", "/v2/" + repository + "/blobs/uploads/", "", new byte[0]);
    if (opened.status() != 202) {
      return false;
    }
    String location = opened.location();
    String target = location + (location.indexOf('?') < 0 ? "?" : "&") + "digest=" + digest;
    return connection.send("PUT", target, MediaTypes.OCTET_STREAM, content).status() == 201;
  }

  /** A number that no blob of this run had before. */
  static long nextNumber() {
    return NUMBERS.incrementAndGet();
  }
}
