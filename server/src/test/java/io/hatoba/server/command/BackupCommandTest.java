package io.hatoba.server.command;

import static io.hatoba.server.command.StoredContent.wrong;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.hatoba.oci.Digest;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.TestDatabases;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code hatoba backup}, {@code verify} and {@code restore} of a data folder with SQLite. */
class BackupCommandTest {
  @TempDir Path dir;

  private Path data;
  private Path backups;
  private Database database;
  private StoredContent content;
  private Digest config;
  private Digest layer;

  @BeforeEach
  void store() throws IOException {
    data = Files.createDirectory(dir.resolve("data"));
    backups = dir.resolve("backups of team");
    database = TestDatabases.sqlite(data);
    content = new StoredContent(database, data);
    config = content.inline(500);
    layer = content.object(300_000);
    content.image(config, layer);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aBackupIsWholeAndRestoresWhatWasThere() throws IOException {
    JsonNode made = backup("--json").ends(ExitCode.OK).json();

    assertThat(made.get("manifest").get("objects").get("count").asInt()).isEqualTo(1);
    assertThat(made.get("manifest").get("program").asText()).isEqualTo("1.2.3");
    assertThat(content.count("storage_hold")).isZero();
    assertThat(permissions(backups)).isEqualTo("rwx------");
    JsonNode verified = command("verify", backups.toString(), "--json").ends(ExitCode.OK).json();
    assertThat(verified.get("path").asText()).isEqualTo(made.get("path").asText());
    assertThat(verified.get("report").get("objects").asInt()).isEqualTo(1);

    Path target = dir.resolve("new");
    command("restore", backups.toString(), "--data", target.toString()).ends(ExitCode.OK);

    assertThat(names(target)).containsExactlyInAnyOrder("hatoba.db", "objects");
    assertThat(permissions(target)).isEqualTo("rwx------");
    assertThat(permissions(target.resolve("hatoba.db"))).isEqualTo("rw-------");
    assertThat(content.file(target.resolve("objects"), layer))
        .hasSameBinaryContentAs(content.file(layer));
    command("verify", "--live", "--data", target.toString()).ends(ExitCode.OK);
    try (Database restored = TestDatabases.sqlite(target)) {
      assertThat(count(restored, "repository_manifest")).isEqualTo(1);
    }
  }

  @Test
  void aSecondBackupCopiesOnlyWhatIsNew() throws IOException {
    backup().ends(ExitCode.OK);
    Digest second = content.object(20_000);

    JsonNode objects = backup("--json").ends(ExitCode.OK).json().get("manifest").get("objects");

    assertThat(objects.get("count").asInt()).isEqualTo(2);
    assertThat(objects.get("copied").asInt()).isEqualTo(1);
    assertThat(objects.get("copiedBytes").asInt()).isEqualTo(20_000);
    assertThat(content.file(objects(), second)).hasSameBinaryContentAs(content.file(second));
    assertThat(entries()).hasSize(2);
    for (Path entry : entries()) {
      command("verify", entry.toString()).ends(ExitCode.OK);
    }
  }

  @Test
  void onlyTheNewestAreKeptWithWhatTheyName() throws IOException {
    Digest gone = content.object(20_000);
    backup().ends(ExitCode.OK);
    Path file = content.file(objects(), gone);
    assertThat(file).exists();
    content.execute("DELETE FROM repository_blob WHERE digest = ?", gone.toString());
    content.execute("DELETE FROM blob WHERE digest = ?", gone.toString());
    Path leftOver = Files.createFile(file.resolveSibling("." + file.getFileName() + ".part"));
    backup("--keep", "2").ends(ExitCode.OK);
    assertThat(file).exists();

    JsonNode made = backup("--keep", "2", "--json").ends(ExitCode.OK).json();

    assertThat(made.get("pruned")).hasSize(1);
    assertThat(entries()).hasSize(2);
    assertThat(file).doesNotExist();
    assertThat(leftOver).doesNotExist();
    command("verify", backups.toString()).ends(ExitCode.OK);
  }

  @Test
  void hardLinksAreTheSameFile() throws IOException {
    backup("--link").ends(ExitCode.OK);

    assertThat(Files.isSameFile(content.file(objects(), layer), content.file(layer))).isTrue();
    command("verify", backups.toString()).ends(ExitCode.OK);
  }

  @Test
  void whatAnOlderBackupHasIsReadAgainIfWanted() throws IOException {
    backup().ends(ExitCode.OK);
    damage(content.file(objects(), layer));

    backup().ends(ExitCode.OK);
    assertThat(wrong(command("verify", backups.toString()).ends(ExitCode.FOUND)))
        .singleElement()
        .asString()
        .contains(layer.toString(), "is damaged");
    backup("--verify-all").ends(ExitCode.OK);
    command("verify", backups.toString()).ends(ExitCode.OK);
  }

  @Test
  void whatTheStorageHasLostIsNamedAndTheRestIsSaved() throws IOException {
    Digest other = content.object(20_000);
    damage(content.file(layer));

    assertThat(wrong(backup().ends(ExitCode.FOUND)))
        .singleElement()
        .asString()
        .contains(layer.toString());
    assertThat(content.file(objects(), layer)).doesNotExist();

    command("verify", backups.toString()).ends(ExitCode.FOUND);
    String target = dir.resolve("new").toString();
    assertThat(command("restore", backups.toString(), "--data", target).ends(ExitCode.FAILED).err())
        .contains("--accept-missing", layer.toString());
    assertThat(names(Path.of(target))).isEmpty();
    Ran accepted =
        command("restore", backups.toString(), "--data", target, "--accept-missing")
            .ends(ExitCode.FOUND);
    assertThat(wrong(accepted)).hasSize(1);
    assertThat(content.file(Path.of(target, "objects"), other)).exists();
  }

  @Test
  void anInterruptedBackupIsNotTakenForWhole() throws IOException {
    backup().ends(ExitCode.OK);
    Path entry = entries().getFirst();
    Files.delete(entry.resolve("backup.json"));

    for (String path : List.of(backups.toString(), entry.toString())) {
      assertThat(command("verify", path).ends(ExitCode.FAILED).err()).contains("interrupted");
      assertThat(
              command("restore", path, "--data", dir.resolve("new").toString())
                  .ends(ExitCode.FAILED)
                  .err())
          .contains("interrupted");
    }
    assertThat(dir.resolve("new")).doesNotExist();
    backup("--keep", "1").ends(ExitCode.OK);
    assertThat(entries()).hasSize(1).doesNotContain(entry);
    command("verify", backups.toString()).ends(ExitCode.OK);
  }

  @Test
  void aDamagedDatabaseIsFoundAndNotRestored() throws IOException {
    backup().ends(ExitCode.OK);
    damage(entries().getFirst().resolve("hatoba.db"));

    assertThat(wrong(command("verify", backups.toString()).ends(ExitCode.FOUND)))
        .singleElement()
        .asString()
        .contains("hatoba.db is damaged");
    String target = dir.resolve("new").toString();
    assertThat(command("restore", backups.toString(), "--data", target).ends(ExitCode.FAILED).err())
        .contains("is damaged");
  }

  @Test
  void aFolderThatIsNotEmptyIsNotRestoredTo() throws IOException {
    backup().ends(ExitCode.OK);
    Path target = Files.createDirectory(dir.resolve("new"));
    Files.createFile(target.resolve("something"));

    assertThat(
            command("restore", backups.toString(), "--data", target.toString())
                .ends(ExitCode.FAILED)
                .err())
        .contains("is not empty", "something");
    assertThat(names(target)).containsExactly("something");
    Files.move(target.resolve("something"), target.resolve("restoring"));
    assertThat(
            command("restore", backups.toString(), "--data", target.toString())
                .ends(ExitCode.FAILED)
                .err())
        .contains("was interrupted");
    assertThat(
            command("restore", backups.toString(), "--data", data.toString())
                .ends(ExitCode.FAILED)
                .err())
        .contains("is not empty");
  }

  @Test
  void uploadsWithObjectsAreForgottenAndHoldsAreNotCopied() throws IOException {
    content.execute(
        "INSERT INTO upload (id, repository_id, owner, algorithm, received, object_key, created_at, expires_at) VALUES ('u1', 7, 'kim', 'SHA256', 5, 'k', 0, 0)");
    content.execute(
        "INSERT INTO upload (id, repository_id, owner, algorithm, received, bytes, created_at, expires_at) VALUES ('u2', 7, 'kim', 'SHA256', 1, ?, 0, 0)",
        new byte[1]);

    assertThat(backup().ends(ExitCode.OK).out()).contains("1 upload under way");

    Path target = dir.resolve("new");
    assertThat(
            command("restore", backups.toString(), "--data", target.toString())
                .ends(ExitCode.OK)
                .out())
        .contains("1 upload");
    try (Database restored = TestDatabases.sqlite(target)) {
      assertThat(count(restored, "upload")).isEqualTo(1);
      assertThat(count(restored, "storage_hold")).isZero();
    }
    assertThat(content.count("upload")).isEqualTo(2);
  }

  @Test
  void aFolderThatCannotBeRightIsRefused() {
    assertThat(command("backup", data.toString(), "--data", data.toString()).err())
        .contains("is inside the data folder");
    assertThat(
            command("backup", data.resolve("x").toString(), "--data", data.toString())
                .ends(ExitCode.FAILED)
                .err())
        .contains("is inside the data folder");
    assertThat(
            command("backup", backups.toString(), "--data", dir.resolve("none").toString())
                .ends(ExitCode.FAILED)
                .err())
        .contains("There is no database in");
    assertThat(command("verify", data.toString()).ends(ExitCode.FAILED).err())
        .contains("There is no backup in");
    assertThat(backups).doesNotExist();
    assertThat(content.count("storage_hold")).isZero();
  }

  private Ran backup(String... more) {
    List<String> all = new ArrayList<>(List.of("backup", backups.toString()));
    all.addAll(List.of("--data", data.toString()));
    all.addAll(List.of(more));
    return command(all.toArray(String[]::new));
  }

  private static Ran command(String... arguments) {
    return Ran.command(arguments);
  }

  private Path objects() {
    return backups.resolve("objects");
  }

  private List<Path> entries() throws IOException {
    try (Stream<Path> entries = Files.list(backups.resolve("backups"))) {
      return entries.sorted().toList();
    }
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> children = Files.list(folder)) {
      return children.map(child -> String.valueOf(child.getFileName())).toList();
    }
  }

  private static long count(Database database, String table) {
    return database.read(
        handle -> handle.select("SELECT count(*) FROM " + table).mapTo(Long.class).one());
  }

  private static String permissions(Path path) {
    try {
      return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void damage(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
  }
}
