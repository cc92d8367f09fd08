package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.KIM;
import static io.hatoba.server.content.TestContent.atOnce;
import static io.hatoba.server.content.TestContent.bytes;
import static io.hatoba.server.content.TestContent.descriptor;
import static io.hatoba.server.content.TestContent.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.MediaTypes;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.Tag;
import io.hatoba.server.content.ContentFixture.Node;
import io.hatoba.server.content.Event.Kind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link Manifests} promises of manifests; of tags see {@link TagsContract}. */
abstract class ManifestsContract extends ContentContract {
  private static final Manifests.TagCondition ALWAYS = new Manifests.TagCondition.Always();

  @Test
  void aManifestIsReadByteForByteByDigestAndTag() {
    Repository repository = content.repository();
    TestContent.Json image = image(repository).with(" \"unknown\" :  [ 1.50, null ]\n");

    Digest digest = push(repository, image, "v1", "latest");

    assertThat(digest).isEqualTo(image.digest());
    for (int i = 0; i < 2; i++) {
      for (var reference : List.of(digest, new Tag("v1"), new Tag("latest"))) {
        StoredManifest found = manifests().find(repository, reference).orElseThrow();
        assertThat(found.digest()).isEqualTo(digest);
        assertThat(found.mediaType()).isEqualTo(MediaTypes.OCI_MANIFEST);
        assertThat(found.bytes()).isEqualTo(image.bytes());
      }
      content.restart();
    }
    assertThat(manifests().find(content.repository(), digest)).isEmpty();
    assertThat(manifests().find(repository, new Tag("V1"))).isEmpty();
  }

  @Test
  void whatIsRememberedIsOnlyWhatNobodyElseCanChange() {
    Repository repository = content.repository();
    Digest digest = push(repository, image(repository), "v1");
    assertThat(manifests().remembered(repository, new Tag("v1"))).isEmpty();
    manifests().find(repository, new Tag("v1"));

    boolean alone = content.database().exclusive();
    assertThat(manifests().remembered(repository, new Tag("v1")).isPresent()).isEqualTo(alone);
    assertThat(manifests().remembered(repository, digest).isPresent()).isEqualTo(alone);
    delete(repository, digest);
    assertThat(manifests().remembered(repository, new Tag("v1"))).isEmpty();
    assertThat(manifests().remembered(repository, digest)).isEmpty();
    assertThat(manifests().find(repository, new Tag("v1"))).isEmpty();
  }

  @Test
  void theDigestIsCheckedAndMayBeSha512() {
    Repository repository = content.repository();
    TestContent.Json image = image(repository);
    Digest sha512 = Digest.of(DigestAlgorithm.SHA512, image.bytes());
    Digest wrong = Digest.sha256(bytes(5));

    refused(ErrorCode.DIGEST_INVALID, () -> put(repository, image, Optional.of(wrong)));
    assertThat(manifests().find(repository, wrong)).isEmpty();
    assertThat(manifests().find(repository, image.digest())).isEmpty();
    assertThat(put(repository, image, Optional.of(sha512)).digest()).isEqualTo(sha512);
    assertThat(manifests().find(repository, sha512)).isPresent();
    assertThat(manifests().find(repository, image.digest())).isEmpty();
  }

  @Test
  void everythingThatIsMissingIsNamedAtOnce() {
    Repository repository = content.repository();
    Repository elsewhere = content.repository();
    Blob present = push(repository, bytes(20));
    Blob config = push(elsewhere, bytes(20));
    Blob layer = push(elsewhere, bytes(2_000));
    TestContent.Json image = TestContent.image(config, present, layer);

    Refusal refusal = refused(ErrorCode.MANIFEST_BLOB_UNKNOWN, () -> push(repository, image, "v1"));

    assertThat(refusal.message())
        .contains(config.digest().toString(), layer.digest().toString())
        .doesNotContain(present.digest().toString());
    assertThat(manifests().find(repository, new Tag("v1"))).isEmpty();
    assertThat(content.count("FROM manifest WHERE digest = ?", image.digest())).isZero();
    assertThat(events(repository)).isEmpty();

    blobs().mount(repository, config.digest(), elsewhere);
    blobs().mount(repository, layer.digest(), elsewhere);
    assertThat(push(repository, image, "v1")).isEqualTo(image.digest());
  }

  @Test
  void anIndexMayNameWhatIsNotThereUnlessThatIsOff() {
    Repository repository = content.repository();
    Digest child = push(repository, image(repository));
    Digest missing = Digest.sha256(bytes(9));
    TestContent.Json sparse =
        TestContent.index(
            List.of(
                descriptor(MediaTypes.OCI_MANIFEST, missing, 9),
                descriptor(MediaTypes.OCI_MANIFEST, child, 9)));

    try (Node strict = content.another(TestConfig.DEFAULT.withoutSparseIndexes())) {
      Refusal refusal =
          refused(
              ErrorCode.MANIFEST_BLOB_UNKNOWN,
              () ->
                  strict.manifests.put(
                      repository,
                      KIM,
                      sparse.type(),
                      sparse.bytes(),
                      Optional.empty(),
                      List.of(),
                      ALWAYS));
      assertThat(refusal.message()).contains(missing.toString()).doesNotContain(child.toString());
    }
    assertThat(push(repository, sparse)).isEqualTo(sparse.digest());
    assertThat(edges(repository, sparse.digest()))
        .containsExactlyInAnyOrder("manifest " + missing, "manifest " + child);
  }

  @Test
  void anImageMayNameWhatIsNotThereOnlyIfThatIsOn() {
    Repository repository = content.repository();
    Blob absent = push(content.repository(), bytes(20));
    TestContent.Json image = TestContent.image(absent, absent);

    refused(ErrorCode.MANIFEST_BLOB_UNKNOWN, () -> push(repository, image));
    try (Node lenient = content.another(TestConfig.DEFAULT.withSparseImages())) {
      lenient.manifests.put(
          repository, KIM, image.type(), image.bytes(), Optional.empty(), List.of(), ALWAYS);
    }
    assertThat(manifests().find(repository, image.digest())).isPresent();
  }

  @Test
  void indexesNest() {
    Repository repository = content.repository();
    Digest image = push(repository, image(repository));
    TestContent.Json inner =
        TestContent.index(List.of(descriptor(MediaTypes.OCI_MANIFEST, image, 9)));
    TestContent.Json outer =
        TestContent.index(
            List.of(
                descriptor(MediaTypes.OCI_INDEX, inner.digest(), 9),
                descriptor(MediaTypes.OCI_MANIFEST, image, 9),
                descriptor(MediaTypes.OCI_MANIFEST, image, 9)));

    push(repository, inner);
    push(repository, outer, "multi");

    assertThat(edges(repository, outer.digest()))
        .containsExactlyInAnyOrder("manifest " + inner.digest(), "manifest " + image);
    assertThat(manifests().find(repository, new Tag("multi")).orElseThrow().mediaType())
        .isEqualTo(MediaTypes.OCI_INDEX);
  }

  @Test
  void foreignLayersNeedNotBeThere() {
    Repository repository = content.repository();
    Blob config = push(repository, bytes(20));
    Digest foreign = Digest.sha256(bytes(9));
    Digest withAddress = Digest.sha256(bytes(9));
    TestContent.Json image =
        new TestContent.Json(
                MediaTypes.OCI_MANIFEST,
                "\"config\":" + descriptor(MediaTypes.OCI_CONFIG, config.digest(), config.size()))
            .list(
                "layers",
                List.of(
                    descriptor(
                        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", foreign, 9),
                    "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":9,\"urls\":[\"https://example.com/l\"]}"
                        .formatted(MediaTypes.OCI_LAYER, withAddress)));

    assertThat(push(repository, image)).isEqualTo(image.digest());
    assertThat(edges(repository, image.digest()))
        .contains("layer " + foreign, "layer " + withAddress, "config " + config.digest());
  }

  /** BuildKit exports its cache as an index of layers and one config of its own type. */
  @Test
  void anIndexOfLayersKeepsThemAsBlobs() {
    Repository repository = content.repository();
    Blob layer = push(repository, bytes(2_000));
    Blob config = push(repository, bytes(20));
    TestContent.Json cache =
        TestContent.index(
            List.of(
                descriptor(MediaTypes.OCI_LAYER_GZIP, layer.digest(), layer.size()),
                descriptor(
                    "application/vnd.buildkit.cacheconfig.v0", config.digest(), config.size())));

    push(repository, cache, "cache");

    assertThat(edges(repository, cache.digest()))
        .containsExactlyInAnyOrder("layer " + layer.digest(), "layer " + config.digest());
    refused(ErrorCode.DENIED, () -> blobs().delete(repository, layer.digest()));
  }

  @Test
  void theSameBytesUnderAnotherTypeAreReadAnewInThatRepositoryOnly() {
    Repository repository = content.repository();
    Repository other = content.repository();
    Blob config = push(repository, bytes(20));
    blobs().mount(other, config.digest(), repository);
    Digest subject = Digest.sha256(bytes(9));
    byte[] untyped =
        "{\"schemaVersion\":2,\"config\":%s,\"layers\":[],\"subject\":%s}"
            .formatted(
                descriptor(MediaTypes.OCI_CONFIG, config.digest(), 20),
                descriptor(MediaTypes.OCI_MANIFEST, subject, 9))
            .getBytes(StandardCharsets.UTF_8);
    Digest digest = Digest.sha256(untyped);
    put(other, MediaTypes.OCI_MANIFEST, untyped);
    put(repository, MediaTypes.OCI_MANIFEST, untyped);
    assertThat(manifests().find(repository, digest).orElseThrow().mediaType())
        .isEqualTo(MediaTypes.OCI_MANIFEST);
    assertThat(subjects(repository, digest)).containsExactly(subject.toString());

    put(repository, MediaTypes.DOCKER_MANIFEST, untyped);

    StoredManifest retyped = manifests().find(repository, digest).orElseThrow();
    assertThat(retyped.mediaType()).isEqualTo(MediaTypes.DOCKER_MANIFEST);
    assertThat(retyped.bytes()).isEqualTo(untyped);
    assertThat(subjects(repository, digest)).isEmpty();
    assertThat(edges(repository, digest)).containsExactly("config " + config.digest());
    assertThat(manifests().find(other, digest).orElseThrow().mediaType())
        .isEqualTo(MediaTypes.OCI_MANIFEST);
    assertThat(subjects(other, digest)).containsExactly(subject.toString());
  }

  @Test
  void pushingAgainChangesNothing() {
    Repository repository = content.repository();
    TestContent.Json image = image(repository);
    push(repository, image, "v1");
    List<String> edges = edges(repository, image.digest());
    push(repository, image, "v1");

    assertThat(edges(repository, image.digest())).isEqualTo(edges).hasSize(2);
    assertThat(content.count("FROM tag_history WHERE repository_id = ?", repository.id()))
        .isEqualTo(1);
  }

  @Test
  void aDeletedManifestTakesItsTagsAlong() {
    Repository repository = content.repository();
    TestContent.Json image = image(repository);
    Digest digest = push(repository, image, "a", "b");
    push(repository, image(repository), "c");

    assertThat(node().artifacts.delete(repository, digest, TestContent.CI)).isPresent();

    assertThat(node().artifacts.delete(repository, digest, TestContent.CI)).isEmpty();
    assertThat(manifests().find(repository, digest)).isEmpty();
    assertThat(manifests().find(repository, new Tag("a"))).isEmpty();
    assertThat(node().tags.page(repository, Optional.empty(), 10)).containsExactly(new Tag("c"));
    assertThat(edges(repository, digest)).isEmpty();
    assertThat(
            content.texts(
                """
                SELECT name FROM tag_history
                WHERE repository_id = ? AND from_digest = ? AND to_digest IS NULL AND by_principal = 'robot:ci'
                ORDER BY id
                """,
                repository.id(),
                digest))
        .containsExactly("a", "b");
    List<Event> gone = awaitEvents(repository, 8).subList(5, 8);
    assertThat(gone)
        .extracting(Event::kind)
        .containsExactly(Kind.TAG_DELETED, Kind.TAG_DELETED, Kind.ARTIFACT_DELETED);
    assertThat(gone.getFirst().previous()).contains(digest);
    assertThat(gone.getLast().digest()).contains(digest);
    assertThat(gone).allSatisfy(event -> assertThat(event.actor()).isEqualTo(TestContent.CI));

    push(repository, image, "a");
    assertThat(manifests().find(repository, new Tag("a")).orElseThrow().digest()).isEqualTo(digest);
  }

  /** Whatever the order, a push that was acknowledged with a tag is not half there. */
  @Test
  void aManifestThatIsDeletedWhileItIsPushedAgainIsWholeOrGone() {
    Repository repository = content.repository();
    TestContent.Json image = image(repository);
    for (int round = 0; round < 25; round++) {
      push(repository, image);

      atOnce(
          List.of(
              () -> push(repository, image, "t").equals(image.digest()),
              () -> delete(repository, image.digest()),
              () -> push(repository, image, "t", "u").equals(image.digest()),
              () -> delete(repository, image.digest())));

      boolean present = manifests().find(repository, image.digest()).isPresent();
      assertThat(edges(repository, image.digest())).hasSize(present ? 2 : 0);
      assertThat(present).isEqualTo(manifests().find(repository, new Tag("t")).isPresent());
    }
  }

  @Test
  void aTagThatMovesAwayWhileItsManifestIsDeletedStays() {
    Repository repository = content.repository();
    TestContent.Json second = image(repository);
    for (int round = 0; round < 25; round++) {
      Digest first = push(repository, second.with("\"round\":" + round), "t");

      atOnce(
          List.of(
              () -> push(repository, second, "t").equals(second.digest()),
              () -> delete(repository, first)));

      assertThat(manifests().find(repository, first)).isEmpty();
      assertThat(manifests().find(repository, new Tag("t")).orElseThrow().digest())
          .isEqualTo(second.digest());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1_000, 5_000})
  void manyLayersTakeFewStatements(int layers) {
    Repository repository = content.uncounted();
    Blob config = push(repository, bytes(20));
    List<Digest> digests = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      digests.add(Digest.sha256(("layer " + layers + " " + i).getBytes(StandardCharsets.UTF_8)));
    }
    TestContent.Json image = TestContent.image(config).with("\"x\":0").with("\"y\":0");
    TestContent.Json many =
        new TestContent.Json(
                MediaTypes.OCI_MANIFEST,
                "\"config\":" + descriptor(MediaTypes.OCI_CONFIG, config.digest(), config.size()))
            .list(
                "layers",
                digests.stream().map(d -> descriptor(MediaTypes.OCI_LAYER, d, 1)).toList());
    push(repository, image);
    Refusal refusal = refused(ErrorCode.MANIFEST_BLOB_UNKNOWN, () -> push(repository, many));
    assertThat(refusal.message()).contains(layers + " blobs").hasSizeLessThan(3_000);
    haveBlobs(repository, digests);
    content.spy.statements();

    push(repository, many, "many");

    assertThat(content.spy.statements()).isLessThanOrEqualTo(10 + layers / 500);
    assertThat(edges(repository, many.digest())).hasSize(layers + 1);
  }

  @Test
  void manyChildrenTakeFewStatements() {
    Repository repository = content.repository();
    List<String> children = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      children.add(
          descriptor(
              MediaTypes.OCI_MANIFEST,
              Digest.sha256(("child " + i).getBytes(StandardCharsets.UTF_8)),
              1));
    }
    TestContent.Json index = TestContent.index(children);
    content.spy.statements();

    push(repository, index, "many");

    assertThat(content.spy.statements()).isLessThanOrEqualTo(30);
    assertThat(edges(repository, index.digest())).hasSize(10_000);
    assertThat(delete(repository, index.digest())).isTrue();
    assertThat(edges(repository, index.digest())).isEmpty();
  }

  /** Two pushes that share layers take their locks in one order. */
  @Test
  void pushesThatShareLayersAllSucceed() {
    Repository repository = content.repository();
    List<Blob> shared = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      shared.add(push(repository, bytes(40)));
    }
    List<java.util.concurrent.Callable<Digest>> pushes = new ArrayList<>();
    for (int i = 0; i < 48; i++) {
      Collections.rotate(shared, 5);
      Collections.swap(shared, i % 12, (i * 7) % 12);
      TestContent.Json image =
          TestContent.image(shared.getFirst(), shared.subList(1, 12).toArray(Blob[]::new))
              .with("\"n\":" + i);
      String tag = "t" + i % 4;
      pushes.add(() -> push(repository, image, tag, "common"));
    }

    List<Digest> pushed = atOnce(pushes);

    assertThat(pushed)
        .allSatisfy(digest -> assertThat(manifests().find(repository, digest)).isPresent());
    assertThat(Set.copyOf(pushed)).hasSize(48);
  }

  private Manifests.Stored put(
      Repository repository, TestContent.Json manifest, Optional<Digest> expected) {
    return manifests()
        .put(repository, KIM, manifest.type(), manifest.bytes(), expected, List.of(), ALWAYS);
  }

  private void put(Repository repository, String contentType, byte[] bytes) {
    manifests()
        .put(repository, KIM, Optional.of(contentType), bytes, Optional.empty(), List.of(), ALWAYS);
  }

  private List<String> edges(Repository repository, Digest parent) {
    return content.texts(
        """
        SELECT kind || ' ' || child FROM manifest_edge
        WHERE repository_id = ? AND parent = ? ORDER BY child, kind
        """,
        repository.id(),
        parent);
  }

  private List<String> subjects(Repository repository, Digest digest) {
    return content.texts(
        """
        SELECT subject FROM repository_manifest
        WHERE repository_id = ? AND digest = ? AND subject IS NOT NULL
        """,
        repository.id(),
        digest);
  }

  private void haveBlobs(Repository repository, List<Digest> digests) {
    content
        .database()
        .write(
            handle -> {
              PreparedBatch blobs =
                  handle.prepareBatch(
                      "INSERT INTO blob (digest, size, bytes, created_at) VALUES (?, 1, ?, 0)");
              PreparedBatch links =
                  handle.prepareBatch(
                      "INSERT INTO repository_blob (repository_id, digest, lease_until) VALUES (?, ?, 0)");
              for (Digest digest : digests) {
                blobs.bind(0, digest).bind(1, new byte[1]).add();
                links.bind(0, repository.id()).bind(1, digest).add();
              }
              blobs.execute();
              return links.execute();
            });
  }
}
