package io.hatoba.benchmark;

import io.hatoba.oci.Digest;
import io.hatoba.oci.MediaTypes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Many clients that push small artifacts as fast as they can for a while. An artifact is a config
 * and a layer of 512 random bytes each, POST and PUT for either, and a manifest that is put under a
 * tag of its own: five requests, nothing shared, nothing asked for beforehand.
 */
final class ArtifactLoad {
  private static final int BLOB_BYTES = 512;

  private final int clients;
  private final Duration time;

  ArtifactLoad(int clients, Duration time) {
    this.clients = clients;
    this.time = time;
  }

  /** What one client did. */
  private record Done(List<Double> millis, long errors) {}

  /**
   * Runs it.
   *
   * @param round makes the names of this round's repositories
   * @param shared whether all clients push into one repository, or each into its own
   * @return artifacts per second, until the last one that was begun in time is finished
   */
  Sample run(Peer peer, int round, boolean shared) throws IOException, InterruptedException {
    List<Callable<Done>> tasks = new ArrayList<>();
    Optional<String> common = Optional.empty();
    for (int client = 0; client < clients; client++) {
      String repository =
          PeerLauncher.REGISTRY + (shared ? "/shared-" + round : "/own-" + round + "-" + client);
      Optional<String> authorization = common;
      if (!shared || client == 0) {
        authorization = AccessToken.authorization(peer, "repository:" + repository + ":pull,push");
      }
      if (shared) {
        common = authorization;
      }
      RawConnection connection = new RawConnection(peer.origin(), authorization);
      String prefix = "c" + client + "-";
      tasks.add(() -> push(connection, repository, prefix));
    }
    long start = System.nanoTime();
    List<Double> millis = new ArrayList<>();
    long errors = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(clients)) {
      for (Future<Done> future : threads.invokeAll(tasks)) {
        Done done = future.get();
        millis.addAll(done.millis());
        errors += done.errors();
      }
    } catch (ExecutionException e) {
      throw new IOException("a client failed", e);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    double[] sorted = millis.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    double slowest =
        sorted.length == 0 ? 0 : sorted[(int) Math.min(sorted.length - 1, sorted.length * 0.99)];
    return new Sample(millis.size() / seconds, errors, slowest);
  }

  private Done push(RawConnection connection, String repository, String prefix) {
    List<Double> millis = new ArrayList<>();
    long errors = 0;
    long end = System.nanoTime() + time.toNanos();
    try (connection) {
      for (int number = 0; System.nanoTime() < end; number++) {
        long start = System.nanoTime();
        if (artifact(connection, repository, prefix + number)) {
          millis.add((System.nanoTime() - start) / 1e6);
        } else {
          errors++;
        }
      }
    } catch (IOException e) {
      // A connection that the server breaks is an error of the server: counted, and this client
      // is done.
      errors++;
    }
    return new Done(millis, errors);
  }

  private static boolean artifact(RawConnection connection, String repository, String tag)
      throws IOException {
    byte[] config = unique();
    byte[] layer = unique();
    if (!blob(connection, repository, config) || !blob(connection, repository, layer)) {
      return false;
    }
    String manifest =
        "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":%s,\"layers\":[%s]}"
            .formatted(
                MediaTypes.OCI_MANIFEST,
                Content.descriptor(MediaTypes.OCI_CONFIG, config),
                Content.descriptor(MediaTypes.OCI_LAYER, layer));
    return connection
            .send(
                "PUT",
                "/v2/" + repository + "/manifests/" + tag,
                MediaTypes.OCI_MANIFEST,
                manifest.getBytes(StandardCharsets.UTF_8))
            .status()
        == 201;
  }

  private static boolean blob(RawConnection connection, String repository, byte[] content)
      throws IOException {
    return BlobLoad.push(connection, repository, content, Digest.sha256(content));
  }

  private static byte[] unique() {
    byte[] bytes = new byte[BLOB_BYTES];
    ThreadLocalRandom.current().nextBytes(bytes);
    ByteBuffer.wrap(bytes).putLong(BlobLoad.nextNumber());
    return bytes;
  }
}
