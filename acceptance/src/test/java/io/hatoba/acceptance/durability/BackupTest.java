package io.hatoba.acceptance.durability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hatoba.acceptance.Content;
import io.hatoba.acceptance.RegistryHttp;
import io.hatoba.acceptance.RegistryServer;
import io.hatoba.acceptance.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operator's command makes backups of a server that is busy, proves them, and restores. */
@Tag("crash")
class BackupTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REPOSITORY = RegistryServer.REGISTRY + "/backup";
  private static final int FOUND_SOMETHING = 1;
  private static final int FAILED = 3;
  private static final int WORKERS = 4;

  @TempDir private Path folder;

  private final Path hatoba = Path.of(System.getProperty("hatoba.server")).resolveSibling("hatoba");
  private Path data;
  private Path backups;
  private Terminal terminal;

  @BeforeEach
  void prepare() {
    data = folder.resolve("data");
    backups = folder.resolve("backups");
    terminal = new Terminal(folder.resolve("home"));
  }

  @Test
  void whatWasAcknowledgedBeforeABackupIsInItWhateverTheServerDoesMeanwhile() throws Exception {
    Journal journal = new Journal();
    long seed = new SplittableRandom().nextLong();
    Map<String, Long> before;
    JsonNode second;
    try (RegistryServer server = RegistryServer.startedOn(data);
        Load load = new Load(server, journal)) {
      load.start(WORKERS, seed);
      assertThat(journal.awaitAcknowledged(300)).isTrue();
      before = journal.marks();
      assertThat(before).hasSizeGreaterThan(100);

      JsonNode first = backup();
      assertThat(first.get("manifest").get("objects").get("copied").asInt()).isPositive();
      terminal.run("%s verify %s", hatoba, backups);

      assertThat(journal.awaitAcknowledged(100)).isTrue();
      second = backup();
      terminal.run("%s verify %s", hatoba, backups);
      terminal.run("%s verify --live --data %s", hatoba, data);
      journal.killing(true);
      server.kill();
    }
    assertThat(journal.complaints()).as("seed %d", seed).isEmpty();
    JsonNode objects = second.get("manifest").get("objects");
    assertThat(objects.get("copied").asInt()).isLessThan(objects.get("count").asInt());
    List<Path> entries = children(backups.resolve("backups"));
    assertThat(entries).hasSize(2);

    Path restored = folder.resolve("restored");
    terminal.run("%s restore %s --data %s", hatoba, entries.getFirst(), restored);

    try (RegistryServer server = RegistryServer.startedOn(restored);
        Verification verification =
            new Verification(
                server,
                journal,
                register -> register.possibleSince(before.getOrDefault(register.name(), 0L)))) {
      verification.compare(journal.allPlaces());
      assertThat(journal.complaints()).as("seed %d, %s", seed, server.report()).isEmpty();
      assertThat(verification.compared()).isGreaterThan(100);
    }
    assertThat(terminal.runAndLook("%s restore %s --data %s", hatoba, backups, restored).exit())
        .isEqualTo(FAILED);
  }

  @Test
  void whatIsMissingOrDamagedIsFound() throws Exception {
    byte[] layer = Content.random(71, 300_000);
    try (RegistryServer server = RegistryServer.startedOn(data);
        RegistryHttp http = new RegistryHttp(server)) {
      assertThat(http.pushBlob(REPOSITORY, layer).statusCode()).isEqualTo(201);
      backup();
    }
    Path object = onlyFile(backups.resolve("objects"));
    byte[] bytes = Files.readAllBytes(object);
    bytes[4711] ^= 1;

    Files.write(object, bytes);
    Terminal.Ran damaged = terminal.runAndLook("%s verify %s", hatoba, backups);
    Files.delete(object);
    Terminal.Ran missing = terminal.runAndLook("%s verify %s", hatoba, backups);
    Files.write(object, layer);

    assertThat(damaged.exit()).isEqualTo(FOUND_SOMETHING);
    assertThat(damaged.output()).contains(Content.digest(layer), "is damaged", "NOT WHOLE");
    assertThat(missing.exit()).isEqualTo(FOUND_SOMETHING);
    assertThat(missing.output()).contains(Content.digest(layer), "is missing", "NOT WHOLE");
    terminal.run("%s verify %s", hatoba, backups);
  }

  @Test
  void aBackupThatIsKilledIsNotTakenForWhole() throws Exception {
    try (RegistryServer server = RegistryServer.startedOn(data);
        RegistryHttp http = new RegistryHttp(server)) {
      assertThat(http.pushBlob(REPOSITORY, Content.random(80, 100_000)).statusCode())
          .isEqualTo(201);
      backup();
      List<Path> whole = children(backups.resolve("backups"));
      for (int i = 0; i < 200; i++) {
        assertThat(http.pushBlob(REPOSITORY, Content.random(100 + i, 100_000)).statusCode())
            .isEqualTo(201);
      }

      Path interrupted = killInTheMiddle(Set.copyOf(whole));

      assertThat(interrupted.resolve("backup.json")).doesNotExist();
      Terminal.Ran verified = terminal.runAndLook("%s verify %s", hatoba, interrupted);
      assertThat(verified.exit()).isEqualTo(FAILED);
      assertThat(verified.errors()).contains("interrupted");
      assertThat(terminal.run("%s verify %s", hatoba, backups))
          .contains(whole.getFirst().getFileName().toString());
      assertThat(terminal.run("%s backup holds --data %s", hatoba, data))
          .contains(interrupted.getFileName().toString());

      terminal.run("%s backup %s --data %s --keep 2", hatoba, backups, data);
      assertThat(children(backups.resolve("backups")))
          .hasSize(2)
          .contains(whole.getFirst())
          .doesNotContain(interrupted);
      terminal.run("%s verify %s", hatoba, backups);
    }
  }

  /** Kills a backup when it copies the database or later, and answers its folder. */
  private Path killInTheMiddle(Set<Path> older) throws IOException {
    Process process =
        new ProcessBuilder(
                hatoba.toString(), "backup", backups.toString(), "--data", data.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("killed.log").toFile())
            .start();
    try {
      return await("the backup has begun")
          .atMost(Duration.ofMinutes(2))
          .pollInterval(Duration.ofMillis(2))
          .until(
              () ->
                  children(backups.resolve("backups")).stream()
                      .filter(entry -> !older.contains(entry))
                      .filter(entry -> Files.exists(entry.resolve("hatoba.db")))
                      .findFirst()
                      .orElse(backups),
              entry -> !entry.equals(backups));
    } finally {
      // The script has become the program, so there is nobody else.
      process.destroyForcibly().onExit().join();
    }
  }

  private JsonNode backup() throws IOException {
    return JSON.readTree(terminal.run("%s backup %s --data %s --json", hatoba, backups, data));
  }

  private static Path onlyFile(Path objects) throws IOException {
    try (Stream<Path> files = Files.walk(objects)) {
      List<Path> found = files.filter(Files::isRegularFile).toList();
      assertThat(found).hasSize(1);
      return found.getFirst();
    }
  }

  private static List<Path> children(Path parent) throws IOException {
    try (Stream<Path> children = Files.list(parent)) {
      return children.sorted().toList();
    }
  }
}
