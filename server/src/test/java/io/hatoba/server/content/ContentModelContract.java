package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.KIM;
import static io.hatoba.server.content.TestContent.atOnce;
import static io.hatoba.server.content.TestContent.body;
import static io.hatoba.server.content.TestContent.broken;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Tag;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/**
 * Random operations by many threads, compared with plain maps. Each thread has a repository of its
 * own, whose state it knows exactly, but all push, mount and delete the same few blobs and
 * manifests, and all move the tags of one repository that belongs to nobody. The seed of a run is
 * in the message of its failure; {@code -Dhatoba.test.seed=…} repeats its choices.
 */
abstract class ContentModelContract extends ContentContract {
  private static final int THREADS = 8;
  private static final int ROUNDS = 3;
  private static final int STEPS = 50;
  private static final int BLOBS = 6;

  private final List<byte[]> contents = new ArrayList<>();
  private final List<TestContent.Json> images = new ArrayList<>();
  private final Map<Digest, byte[]> bytesOf = new HashMap<>();
  private final Map<Digest, Set<Digest>> namedBy = new HashMap<>();

  @Test
  void randomOperationsOfManyThreadsDoWhatPlainMapsDo() {
    long seed = Long.getLong("hatoba.test.seed", System.nanoTime());
    try {
      run(new Random(seed));
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("-Dhatoba.test.seed=" + seed, e);
    }
  }

  private void run(Random random) {
    prepare(random);
    Repository shared = content.repository();
    for (byte[] bytes : contents) {
      push(shared, bytes);
    }
    List<Owner> owners = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      // Two registries: what is first and last in one is not in the other.
      Repository own = content.repository(i % 3 == 0 ? "other" : "team");
      owners.add(new Owner(own, shared, new Random(random.nextLong())));
    }
    for (int round = 0; round < ROUNDS; round++) {
      List<Callable<Boolean>> threads = new ArrayList<>();
      owners.forEach(owner -> threads.add(() -> owner.steps(STEPS)));
      threads.add(this::foldAndCheck);
      atOnce(threads);
      content.restart();
      owners.forEach(Owner::check);
      checkShared(shared);
      checkUsage(shared.registryId());
      content.assertNoLeaks();
    }
  }

  private void prepare(Random random) {
    List<Blob> blobs = new ArrayList<>();
    for (int i = 0; i < BLOBS; i++) {
      byte[] bytes = new byte[i % 2 == 0 ? 300 + i : 3_000 + i];
      random.nextBytes(bytes);
      contents.add(bytes);
      bytesOf.put(Digest.sha256(bytes), bytes);
      blobs.add(new Blob(Digest.sha256(bytes), bytes.length, new Blob.Inline(bytes)));
    }
    for (int i = 0; i < BLOBS; i++) {
      Blob config = blobs.get(i);
      Blob layer = blobs.get((i + 1 + random.nextInt(BLOBS - 1)) % BLOBS);
      TestContent.Json image = TestContent.image(config, layer).with("\"n\":" + i);
      images.add(image);
      bytesOf.put(image.digest(), image.bytes());
      namedBy.put(image.digest(), Set.of(config.digest(), layer.digest()));
    }
  }

  /** While all others change things, what is counted and what is there are the same. */
  private boolean foldAndCheck() {
    for (int i = 0; i < STEPS / 5; i++) {
      assertThat(node().usage.check(1 + i % 2)).isEmpty();
      node().usage.foldOnce();
    }
    return true;
  }

  private void checkUsage(long registryId) {
    Usage.OfRegistry before = node().usage.of(registryId);
    assertThat(node().usage.check(registryId)).isEmpty();
    node().usage.foldOnce();
    assertThat(content.count("FROM usage_delta")).isZero();
    assertThat(node().usage.of(registryId)).isEqualTo(before);
    assertThat(node().usage.check(registryId)).isEmpty();
  }

  /** Nobody knows who came last, but the history does, and what is there is whole. */
  private void checkShared(Repository shared) {
    for (Tag tag : node().tags.page(shared, Optional.empty(), 100)) {
      StoredManifest found = manifests().find(shared, tag).orElseThrow();
      assertThat(found.bytes()).isEqualTo(bytesOf.get(found.digest()));
      List<String> to =
          content.texts(
              "SELECT coalesce(to_digest, '') FROM tag_history WHERE repository_id = ? AND name = ? ORDER BY id",
              shared.id(),
              tag);
      List<String> from =
          content.texts(
              "SELECT coalesce(from_digest, '') FROM tag_history WHERE repository_id = ? AND name = ? ORDER BY id",
              shared.id(),
              tag);
      assertThat(to.getLast()).isEqualTo(found.digest().toString());
      assertThat(from.subList(1, from.size())).isEqualTo(to.subList(0, to.size() - 1));
    }
  }

  /** One thread, its repository, and what it knows of it. */
  private final class Owner {
    private final Repository repository;
    private final Repository shared;
    private final Random random;
    private final Set<Digest> blobs = new HashSet<>();
    private final Set<Digest> manifests = new HashSet<>();
    private final NavigableMap<String, Digest> tags = new TreeMap<>();
    private int moves;

    Owner(Repository repository, Repository shared, Random random) {
      this.repository = repository;
      this.shared = shared;
      this.random = random;
    }

    boolean steps(int count) {
      for (int i = 0; i < count; i++) {
        step();
      }
      return true;
    }

    private void step() {
      byte[] bytes = contents.get(random.nextInt(BLOBS));
      Digest blob = Digest.sha256(bytes);
      TestContent.Json image = images.get(random.nextInt(images.size()));
      String tag = "t" + random.nextInt(4);
      switch (random.nextInt(13)) {
        case 0 -> pushed(blob, push(repository, bytes));
        case 1 -> pushed(blob, pushInPieces(bytes));
        case 2 -> mount(blob);
        case 3 -> assertThat(blobs().find(repository, blob).isPresent()).isEqualTo(has(blob));
        case 4 ->
            assertThat(blobs().findForPush(repository, blob).isPresent()).isEqualTo(has(blob));
        case 5 -> deleteBlob(blob);
        case 6, 7 -> pushImage(image, tag);
        case 8 -> deleteImage(image.digest());
        case 9 -> deleteTag(tag);
        case 10 ->
            assertThat(
                    ContentModelContract.this
                        .manifests()
                        .find(repository, new Tag(tag))
                        .map(StoredManifest::digest))
                .isEqualTo(Optional.ofNullable(tags.get(tag)));
        case 11 ->
            assertThat(node().tags.page(repository, Optional.empty(), 10))
                .extracting(Tag::name)
                .containsExactlyElementsOf(tags.keySet());
        default -> shake(image, tag);
      }
    }

    private Set<Digest> namesOf(Digest image) {
      return namedBy.getOrDefault(image, Set.of());
    }

    private boolean has(Digest blob) {
      return blobs.contains(blob);
    }

    private void pushed(Digest digest, Blob blob) {
      assertThat(blob.digest()).isEqualTo(digest);
      assertThat(content.bytes(blob)).isEqualTo(bytesOf.get(digest));
      blobs.add(digest);
    }

    private Blob pushInPieces(byte[] bytes) {
      String upload = uploads().start(repository, KIM, DigestAlgorithm.SHA256).id();
      int cut = random.nextInt(bytes.length);
      assertThatThrownBy(
              () ->
                  uploads()
                      .append(
                          repository, upload, Optional.empty(), broken(Arrays.copyOf(bytes, cut))))
          .isInstanceOf(ByteSource.BodyAbortedException.class);
      assertThat(uploads().status(repository, upload).received()).isEqualTo(cut);
      if (random.nextInt(6) == 0) {
        uploads().cancel(repository, upload);
        return push(repository, bytes);
      }
      return uploads()
          .finish(
              repository,
              upload,
              Digest.sha256(bytes),
              Optional.empty(),
              body(Arrays.copyOfRange(bytes, cut, bytes.length)));
    }

    private void mount(Digest blob) {
      assertThat(blobs().mount(repository, blob, shared)).isTrue();
      blobs.add(blob);
    }

    private void deleteBlob(Digest blob) {
      boolean named = manifests.stream().anyMatch(parent -> namesOf(parent).contains(blob));
      if (named) {
        TestContent.refused(ErrorCode.DENIED, () -> blobs().delete(repository, blob));
        return;
      }
      assertThat(blobs().delete(repository, blob)).isEqualTo(blobs.remove(blob));
    }

    private void pushImage(TestContent.Json image, String tag) {
      Digest digest = image.digest();
      if (!blobs.containsAll(namesOf(digest))) {
        TestContent.refused(ErrorCode.MANIFEST_BLOB_UNKNOWN, () -> push(repository, image, tag));
        return;
      }
      assertThat(push(repository, image, tag)).isEqualTo(digest);
      manifests.add(digest);
      if (!digest.equals(tags.put(tag, digest))) {
        moves++;
      }
    }

    private void deleteImage(Digest digest) {
      assertThat(delete(repository, digest)).isEqualTo(manifests.remove(digest));
      int before = tags.size();
      tags.values().removeIf(digest::equals);
      moves += before - tags.size();
    }

    private void deleteTag(String tag) {
      boolean there = tags.remove(tag) != null;
      assertThat(node().tags.delete(repository, new Tag(tag), KIM).isPresent()).isEqualTo(there);
      moves += there ? 1 : 0;
    }

    /** Something in the repository that everybody changes: it succeeds, whatever the others do. */
    private void shake(TestContent.Json image, String tag) {
      switch (random.nextInt(4)) {
        case 0 -> delete(shared, image.digest());
        case 1 -> node().tags.delete(shared, new Tag(tag), KIM);
        default -> assertThat(push(shared, image, tag)).isEqualTo(image.digest());
      }
    }

    void check() {
      for (byte[] bytes : contents) {
        Digest digest = Digest.sha256(bytes);
        Optional<Blob> found = blobs().find(repository, digest);
        assertThat(found.isPresent()).isEqualTo(has(digest));
        found.ifPresent(blob -> assertThat(content.bytes(blob)).isEqualTo(bytes));
      }
      for (TestContent.Json image : images) {
        Optional<StoredManifest> found =
            ContentModelContract.this.manifests().find(repository, image.digest());
        assertThat(found.isPresent()).isEqualTo(manifests.contains(image.digest()));
        found.ifPresent(manifest -> assertThat(manifest.bytes()).isEqualTo(image.bytes()));
      }
      for (String tag : List.of("t0", "t1", "t2", "t3")) {
        assertThat(
                ContentModelContract.this
                    .manifests()
                    .find(repository, new Tag(tag))
                    .map(StoredManifest::digest))
            .isEqualTo(Optional.ofNullable(tags.get(tag)));
      }
      assertThat(content.count("FROM tag_history WHERE repository_id = ?", repository.id()))
          .isEqualTo(moves);
    }
  }
}
