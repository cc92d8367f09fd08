package io.hatoba.acceptance.durability;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.acceptance.Content;
import io.hatoba.acceptance.RegistryHttp;
import io.hatoba.acceptance.RegistryServer;
import io.hatoba.acceptance.Terminal;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can be wrong with the folder that holds everything. Mounting needs root. */
@Tag("crash")
class DataFolderTest {

  private static final String REPOSITORY = RegistryServer.REGISTRY + "/folder";

  @TempDir private Path folder;

  @Test
  void aSecondServerOnTheSameFolderRefusesToStart() throws Exception {
    Path data = folder.resolve("data");
    try (RegistryServer first = RegistryServer.startedOn(data);
        RegistryServer second = RegistryServer.on(data);
        RegistryHttp http = new RegistryHttp(first)) {
      RegistryServer.Refusal refusal = second.startAndBeRefused();

      assertThat(refusal.exit()).isNotZero();
      assertThat(refusal.output()).contains(data.toString()).doesNotContain("\tat ");
      assertThat(http.pushBlob(REPOSITORY, Content.random(51, 100)).statusCode()).isEqualTo(201);
    }
  }

  @Test
  void theFolderIsFreeAgainAfterSigkill() throws Exception {
    Path data = folder.resolve("data");
    try (RegistryServer first = RegistryServer.startedOn(data);
        RegistryServer second = RegistryServer.on(data)) {
      first.kill();
      second.start();

      assertThat(second.isRunning()).isTrue();
    }
  }

  @Test
  void aReadOnlyFolderRefusesTheStartWithASentence() throws Exception {
    Path data = Files.createDirectories(folder.resolve("data"));
    try (SmallDisk disk = SmallDisk.mountedAt(data, "ro,size=1m");
        RegistryServer server = RegistryServer.on(disk.folder())) {
      RegistryServer.Refusal refusal = server.startAndBeRefused();

      assertThat(refusal.exit()).isNotZero();
      assertThat(refusal.output()).contains(data.toString()).doesNotContain("\tat ");
    }
  }

  @Test
  void aFullDiskIsAClearErrorAndLosesNothing() throws Exception {
    Path data = Files.createDirectories(folder.resolve("data"));
    byte[] small = Content.random(52, 1_000);
    byte[] large = Content.random(53, 3_000_000);
    try (SmallDisk disk = SmallDisk.mountedAt(data, "size=64m");
        RegistryServer server = RegistryServer.startedOn(disk.folder());
        RegistryHttp http = new RegistryHttp(server)) {
      assertThat(http.pushBlob(REPOSITORY, small).statusCode()).isEqualTo(201);
      assertThat(http.pushBlob(REPOSITORY, large).statusCode()).isEqualTo(201);
      disk.fill();

      assertRefused(http.pushBlob(REPOSITORY, Content.random(54, 2_000_000)));
      // Small things may rest elsewhere than large ones, so they meet the full disk at another
      // place. More than fit in
      // what a database has left in its last page.
      HttpResponse<byte[]> last = http.pushBlob(REPOSITORY, Content.random(55, 10_000));
      for (int i = 0; i < 100 && last.statusCode() == 201; i++) {
        last = http.pushBlob(REPOSITORY, Content.random(56 + i, 10_000));
      }
      assertRefused(last);
      assertThere(http, small);
      assertThere(http, large);

      disk.makeRoom();
      byte[] later = Content.random(999, 2_000_000);
      assertThat(http.pushBlob(REPOSITORY, later).statusCode()).isEqualTo(201);
      disk.fill();
      server.kill();
      disk.makeRoom();
      server.start();
      assertThere(http, small);
      assertThere(http, large);
      assertThere(http, later);
    }
  }

  private static void assertRefused(HttpResponse<byte[]> answer) {
    String text = new String(answer.body(), UTF_8);
    assertThat(answer.statusCode()).as(text).isIn(503, 507);
    assertThat(text).contains("\"errors\"").containsIgnoringCase("space");
  }

  private static void assertThere(RegistryHttp http, byte[] bytes) throws IOException {
    HttpResponse<byte[]> answer = http.get("/v2/" + REPOSITORY + "/blobs/" + Content.digest(bytes));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo(bytes);
  }

  /** A file system in memory, mounted for one test. */
  private record SmallDisk(Path folder, Terminal terminal) implements AutoCloseable {

    static SmallDisk mountedAt(Path folder, String options) {
      Terminal terminal = new Terminal(folder.resolveSibling("mount-home"));
      terminal.run("mount -t tmpfs -o %s tmpfs %s", options, folder);
      return new SmallDisk(folder, terminal);
    }

    void fill() {
      // It ends with an error: no space left.
      terminal.runAndLook("cat /dev/zero > %s", filler()).failed();
    }

    void makeRoom() {
      terminal.run("rm %s", filler());
    }

    private Path filler() {
      return folder.resolve("filler");
    }

    @Override
    public void close() {
      terminal.run("umount --lazy %s", folder);
    }
  }
}
