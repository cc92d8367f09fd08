package io.hatoba.acceptance.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.acceptance.Content;
import io.hatoba.acceptance.RegistryHttp;
import io.hatoba.acceptance.RegistryServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** nexus-public#967, gitea#19586: registries answer 500 when one blob is pushed by many at once. */
@Tag("crash")
class SharedBlobTest {

  private static final int CLIENTS = 32;
  private static final int SIZE = 4 << 20;

  @TempDir private Path folder;

  @Test
  void manyClientsPushOneDigestAtOnceAndItIsStoredOnce() throws Exception {
    byte[] bytes = Content.random(41, SIZE);
    try (RegistryServer server = RegistryServer.startedOn(folder.resolve("data"));
        RegistryHttp http = new RegistryHttp(server);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      CyclicBarrier together = new CyclicBarrier(CLIENTS);
      List<Callable<Integer>> pushes = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        String repository = RegistryServer.REGISTRY + "/shared/blob" + i % 4;
        pushes.add(
            () -> {
              String location = RegistryHttp.location(http.openUpload(repository));
              together.await();
              String last = RegistryHttp.with(location, "digest=" + Content.digest(bytes));
              return http.send("PUT", last, bytes).statusCode();
            });
      }

      List<Integer> statuses = new ArrayList<>();
      for (Future<Integer> push : threads.invokeAll(pushes)) {
        statuses.add(push.get());
      }

      assertThat(statuses).hasSize(CLIENTS).containsOnly(201);
      for (int i = 0; i < 4; i++) {
        String path =
            "/v2/%s/shared/blob%d/blobs/%s"
                .formatted(RegistryServer.REGISTRY, i, Content.digest(bytes));
        assertThat(http.get(path).body()).isEqualTo(bytes);
      }
      // What the others sent is removed after they were answered.
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(() -> assertThat(sizeOf(server.data())).isBetween((long) SIZE, 2L * SIZE));
    }
  }

  private static long sizeOf(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.mapToLong(SharedBlobTest::size).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.isRegularFile(file) ? Files.size(file) : 0;
    } catch (NoSuchFileException e) {
      return 0; // Removed meanwhile.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
