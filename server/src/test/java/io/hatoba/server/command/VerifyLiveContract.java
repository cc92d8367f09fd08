package io.hatoba.server.command;

import static io.hatoba.server.command.StoredContent.wrong;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.hatoba.oci.Digest;
import io.hatoba.server.database.Database;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code hatoba verify --live} and the holds, beside a server that has the database open. */
abstract class VerifyLiveContract {
  @TempDir Path data;

  private Database database;
  private StoredContent content;
  private Digest config;
  private Digest layer;
  private Digest image;

  /** Opens the database as a server does. */
  abstract Database open(Path dir);

  /** What names the database, besides the data folder. */
  abstract Map<String, String> environment();

  @BeforeEach
  void store() throws Exception {
    database = open(data);
    content = new StoredContent(database, data);
    config = content.inline(500);
    layer = content.object(300_000);
    image = content.image(config, layer);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void whatIsWholeIsCounted() {
    content.index(image);

    JsonNode report = run("verify", "--live", "--json").ends(ExitCode.OK).json();

    assertThat(report.get("manifests").asInt()).isEqualTo(2);
    assertThat(report.get("edges").asInt()).isEqualTo(3);
    assertThat(report.get("sparse").asInt()).isZero();
    assertThat(report.get("inlineBlobs").asInt()).isEqualTo(1);
    assertThat(report.get("objects").asInt()).isEqualTo(1);
    assertThat(report.get("bytes").asInt()).isEqualTo(300_500);
    assertThat(report.get("problemCount").asInt()).isZero();
    assertThat(run("verify", "--live").ends(ExitCode.OK).out()).endsWith("whole\n");
  }

  @Test
  void aMissingObjectIsFound() throws Exception {
    Files.delete(content.file(layer));

    Ran ran = run("verify", "--live").ends(ExitCode.FOUND);

    assertThat(wrong(ran)).singleElement().asString().contains(layer.toString(), "is missing");
    assertThat(ran.out()).endsWith("NOT WHOLE: 1 problem\n");
  }

  @Test
  void aDamagedObjectIsFound() throws Exception {
    byte[] bytes = Files.readAllBytes(content.file(layer));
    bytes[1000] ^= 1;
    Files.write(content.file(layer), bytes);

    assertThat(wrong(run("verify", "--live").ends(ExitCode.FOUND)))
        .singleElement()
        .asString()
        .contains(layer.toString(), "is damaged");
  }

  @Test
  void anObjectThatIsTooShortIsFound() throws Exception {
    Files.write(content.file(layer), new byte[] {1, 2, 3});

    assertThat(wrong(run("verify", "--live").ends(ExitCode.FOUND)))
        .singleElement()
        .asString()
        .contains(layer.toString(), "has 3 bytes of 300000");
  }

  @Test
  void damagedBytesInTheDatabaseAreFound() {
    content.execute("UPDATE blob SET bytes = ? WHERE digest = ?", new byte[500], config.toString());
    content.execute(
        "UPDATE manifest SET bytes = ? WHERE digest = ?", new byte[10], image.toString());

    assertThat(wrong(run("verify", "--live").ends(ExitCode.FOUND)))
        .anySatisfy(line -> assertThat(line).contains(config.toString(), "is damaged in the"))
        .anySatisfy(line -> assertThat(line).contains(image.toString(), "of this manifest"));
  }

  @Test
  void aLayerThatTheRepositoryLacksIsFoundUnlessImagesMayLackSome() {
    content.execute("DELETE FROM repository_blob WHERE digest = ?", layer.toString());

    assertThat(wrong(run("verify", "--live").ends(ExitCode.FOUND)))
        .singleElement()
        .asString()
        .contains("team/app@" + image, "names " + layer + " as its layer, which is missing");
    JsonNode report =
        run("verify", "--live", "--json", "--content-sparse-image=true").ends(ExitCode.OK).json();
    assertThat(report.get("sparse").asInt()).isEqualTo(1);
  }

  @Test
  void aChildThatAnIndexLacksNeedNotBeThere() {
    content.index(Digest.sha256(new byte[] {1}));

    JsonNode report = run("verify", "--live", "--json").ends(ExitCode.OK).json();

    assertThat(report.get("sparse").asInt()).isEqualTo(1);
  }

  @Test
  void anEdgeThatIsNotWrittenDownIsFound() {
    content.execute("DELETE FROM manifest_edge WHERE child = ?", config.toString());

    assertThat(wrong(run("verify", "--live").ends(ExitCode.FOUND)))
        .singleElement()
        .asString()
        .contains("names " + config + ", and no row says so");
  }

  @Test
  void theObjectsMayBeElsewhere() throws Exception {
    Path copy = Files.createDirectories(data.resolve("copy"));
    Path file = content.file(copy, layer);
    Files.createDirectories(file.getParent());
    Files.move(content.file(layer), file);

    run("verify", "--live").ends(ExitCode.FOUND);
    run("verify", "--live", "--objects", copy.toString()).ends(ExitCode.OK);
  }

  @Test
  void aDatabaseOfANewerVersionIsRefused() {
    content.execute(
        "INSERT INTO flyway_schema_history (installed_rank, version, description, type, script, installed_by, installed_on, execution_time, success) VALUES (1000, '9999', 'later', 'SQL', 'V9999__later.sql', 'x', CURRENT_TIMESTAMP, 1, TRUE)");

    assertThat(run("verify", "--live").ends(ExitCode.FAILED).err()).contains("newer Hatoba");
    assertThat(run("backup", "hold").ends(ExitCode.FAILED).err()).contains("schema 9999");
  }

  @Test
  void aHoldIsMadeListedAndReleased() {
    String id = run("backup", "hold", "--for", "6h", "--reason", "nightly").out().strip();

    JsonNode holds = run("backup", "holds", "--json").ends(ExitCode.OK).json().get("holds");
    assertThat(holds).hasSize(1);
    assertThat(holds.get(0).get("id").asText()).isEqualTo(id);
    assertThat(holds.get(0).get("reason").asText()).isEqualTo("nightly");
    assertThat(content.count("storage_hold")).isEqualTo(1);

    run("backup", "release", id).ends(ExitCode.OK);
    assertThat(content.count("storage_hold")).isZero();
    assertThat(run("backup", "release", id).ends(ExitCode.FOUND).out()).contains("ended before");
  }

  @Test
  void aHoldForATimeThatIsNoneIsRefused() {
    for (String time : List.of("6", "h", "-6h", "0s", "31d", "6 h", "")) {
      assertThat(run("backup", "hold", "--for=" + time).ends(ExitCode.USAGE).err())
          .contains("from 1m to 30d");
    }
    assertThat(content.count("storage_hold")).isZero();
  }

  private Ran run(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--data", data.toString()));
    return Ran.command(environment(), "", all);
  }
}
