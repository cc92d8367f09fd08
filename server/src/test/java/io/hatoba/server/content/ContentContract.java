package io.hatoba.server.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Tag;
import io.hatoba.server.content.ContentFixture.Engine;
import io.hatoba.server.content.ContentFixture.Node;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * A part of the content core on one database. The tests of a class share database and storage, and
 * each has repositories and content of its own.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ContentContract {
  ContentFixture content;

  abstract Engine engine();

  @BeforeAll
  void open(@TempDir Path dir) {
    content = fixture(dir);
  }

  ContentFixture fixture(Path dir) {
    return ContentFixture.open(dir, engine());
  }

  @AfterEach
  void nothingLeaks() {
    content.assertNoLeaks();
  }

  /** Whatever a test did, what registries hold is what is written down of it. */
  @AfterEach
  void usageIsExact() {
    for (String id :
        content.texts(
            "SELECT CAST(id AS TEXT) FROM registry WHERE name NOT LIKE 'uncounted-%' ORDER BY id")) {
      assertThat(node().usage.check(Long.parseLong(id))).isEmpty();
    }
  }

  @AfterAll
  void close() {
    content.close();
  }

  Node node() {
    return content.node();
  }

  Uploads uploads() {
    return node().uploads;
  }

  Blobs blobs() {
    return node().blobs;
  }

  Manifests manifests() {
    return node().manifests;
  }

  Blob push(Repository repository, byte[] bytes) {
    return uploads()
        .put(repository, TestContent.KIM, Digest.sha256(bytes), TestContent.body(bytes));
  }

  Digest push(Repository repository, TestContent.Json manifest, String... tags) {
    return manifests()
        .put(
            repository,
            TestContent.KIM,
            manifest.type(),
            manifest.bytes(),
            Optional.empty(),
            Arrays.stream(tags).map(Tag::new).toList(),
            new Manifests.TagCondition.Always())
        .digest();
  }

  /** As the protocol does. */
  boolean delete(Repository repository, Digest digest) {
    return node().artifacts.delete(repository, digest, TestContent.KIM).isPresent();
  }

  /** An image of its own, with its config and layer pushed. */
  TestContent.Json image(Repository repository) {
    return TestContent.image(
        push(repository, TestContent.bytes(50)), push(repository, TestContent.bytes(60)));
  }

  /**
   * As {@link #events}, when there are as many; an open transaction anywhere holds readers back.
   */
  List<Event> awaitEvents(Repository repository, int count) {
    return await().until(() -> events(repository), events -> events.size() >= count);
  }

  /** Everything that happened in a repository, oldest first. */
  List<Event> events(Repository repository) {
    return node().events.after(Events.Cursor.START, 1_000_000).stream()
        .map(Events.Recorded::event)
        .filter(event -> event.repository().equals(repository.name().value()))
        .toList();
  }
}
