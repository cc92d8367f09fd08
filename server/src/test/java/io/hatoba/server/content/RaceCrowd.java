package io.hatoba.server.content;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.oci.Tag;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An image that many change at once. Nobody knows all that is in it, but what was acknowledged is
 * there until somebody begins to delete it, and what is there is whole.
 */
final class RaceCrowd {
  /** What is refused because of what others do at the same time. */
  private static final Set<ErrorCode> OVERTAKEN =
      Set.of(
          ErrorCode.CONFLICT,
          ErrorCode.DENIED,
          ErrorCode.MANIFEST_UNKNOWN,
          ErrorCode.NAME_UNKNOWN,
          ErrorCode.REQUEST_INVALID,
          ErrorCode.BLOB_UPLOAD_UNKNOWN);

  private final ContentFixture content;
  private final RaceContent things;
  private final RepositoryName name;
  private final Map<Digest, Fate> fates = new ConcurrentHashMap<>();

  RaceCrowd(ContentFixture content, RaceContent things, RepositoryName name) {
    this.content = content;
    this.things = things;
    this.name = name;
    things.items().forEach(item -> fates.put(item.digest(), new Fate()));
    things.blobs().forEach(blob -> fates.put(blob, new Fate()));
  }

  RepositoryName name() {
    return name;
  }

  /** Changes something. */
  void shake(ContentFixture.Node node, Random random) {
    Instant now = content.clock.instant();
    RaceContent.Item item = things.inSeason(now, random);
    Tag tag = new Tag("t" + random.nextInt(4));
    try {
      Repository repository = node.repositories.forPush(name);
      for (int i = 0; i < 2; i++) {
        Digest old = things.outOfSeason(now, random).digest();
        deleting(
            things.mayGoWith(old), () -> node.artifacts.delete(repository, old, TestContent.KIM));
      }
      switch (random.nextInt(16)) {
        case 0, 1, 2, 3, 4, 5 -> push(node, random, repository, item, tag);
        case 6, 7 ->
            deleting(
                things.mayGoWith(item.digest()),
                () -> node.artifacts.delete(repository, item.digest(), TestContent.KIM));
        case 8 ->
            deleting(
                things.mayGoWith(item.digest()),
                () ->
                    node.artifacts.remove(
                        repository, item.digest(), random.nextBoolean(), TestContent.KIM));
        case 9 -> node.tags.delete(repository, tag, TestContent.KIM);
        case 10 ->
            node.moves.point(
                repository,
                tag,
                item.digest(),
                new Manifests.TagCondition.Always(),
                TestContent.KIM);
        case 11 -> takeBack(node, random, repository, tag);
        case 12 -> {
          Digest blob = things.anyBlob(random);
          deleting(Set.of(blob), () -> node.blobs.delete(repository, blob));
        }
        case 13 -> {
          if (random.nextInt(8) == 0) {
            deleting(fates.keySet(), () -> node.removal.remove(repository, TestContent.KIM));
          }
        }
        default -> restore(node, random, repository);
      }
    } catch (RefusedException e) {
      assertThat(OVERTAKEN).as(e.getMessage()).contains(e.refusal().code());
    }
  }

  /** Looks whether something that must be there is, and that what is there is whole. */
  void look(ContentFixture.Node node, Random random) {
    RaceContent.Item item = things.any(random);
    Fate fate = fate(item.digest());
    Fate.Moment before = fate.now();
    Optional<StoredManifest> found =
        node.repositories
            .find(name)
            .flatMap(repository -> node.manifests.find(repository, item.digest()));
    if (found.isEmpty()) {
      assertThat(before.pushed() && fate.isStill(before))
          .as("%s in %s was pushed, not deleted, and is gone", item.digest(), name)
          .isFalse();
      return;
    }
    assertThat(found.get().bytes()).isEqualTo(item.json().bytes());
    for (Digest digest : item.blobs()) {
      boolean whole = isWhole(node, digest);
      assertThat(whole || !fate.isStill(before))
          .as("blob %s of %s in %s is gone or damaged", digest, item.digest(), name)
          .isTrue();
    }
  }

  private boolean isWhole(ContentFixture.Node node, Digest digest) {
    try {
      return node.repositories
          .find(name)
          .flatMap(repository -> node.blobs.find(repository, digest))
          .filter(blob -> Digest.sha256(content.bytes(blob)).equals(digest))
          .isPresent();
    } catch (UncheckedIOException e) {
      return false; // its manifest may be deleted meanwhile, which the caller looks at
    }
  }

  private void push(
      ContentFixture.Node node,
      Random random,
      Repository repository,
      RaceContent.Item item,
      Tag tag) {
    if (!item.children().isEmpty()) {
      for (Digest child : item.children()) {
        if (random.nextBoolean()) {
          push(node, random, repository, things.item(child), tag);
        }
      }
    }
    RacePush push = new RacePush(content, node, things, random);
    Fate fate = fate(item.digest());
    Fate.Moment before = fate.now();
    List<Fate> ofBlobs = item.blobs().stream().map(this::fate).toList();
    List<Fate.Moment> beforeOfBlobs = ofBlobs.stream().map(Fate::now).toList();
    try {
      if (push.push(repository, item, RacePush.with(item, tag.name()), repository)) {
        fate.pushed(before);
      }
    } catch (RefusedException e) {
      boolean deleted = false;
      for (int i = 0; i < ofBlobs.size(); i++) {
        deleted |= !ofBlobs.get(i).isStill(beforeOfBlobs.get(i));
      }
      if (e.refusal().code() != ErrorCode.MANIFEST_BLOB_UNKNOWN || !deleted) {
        throw e;
      }
    }
  }

  private static void restore(ContentFixture.Node node, Random random, Repository repository) {
    List<Deletion> page =
        node.deletions.page(
            repository.registryId(),
            random.nextBoolean() ? Optional.of(repository.name()) : Optional.empty(),
            Optional.empty(),
            50);
    List<Deletion> ours =
        page.stream().filter(each -> each.repository().equals(repository.name())).toList();
    if (!ours.isEmpty()) {
      node.deletions.restore(
          repository.registryId(), ours.get(random.nextInt(ours.size())).id(), TestContent.KIM);
    }
  }

  private void takeBack(ContentFixture.Node node, Random random, Repository repository, Tag tag) {
    List<String> changes =
        content.texts(
            "SELECT CAST(id AS TEXT) FROM tag_history WHERE repository_id = ? AND name = ? ORDER BY id DESC LIMIT 20",
            repository.id(),
            tag);
    if (!changes.isEmpty()) {
      node.moves.restore(
          repository,
          tag,
          Long.parseLong(changes.get(random.nextInt(changes.size()))),
          TestContent.KIM);
    }
  }

  private void deleting(Set<Digest> digests, Runnable deletion) {
    digests.forEach(digest -> fate(digest).begin());
    try {
      deletion.run();
    } finally {
      digests.forEach(digest -> fate(digest).end());
    }
  }

  private Fate fate(Digest digest) {
    return Optional.ofNullable(fates.get(digest)).orElseThrow();
  }

  /**
   * What is known of a manifest or blob: how often its deletion began or ended, and pushes between.
   */
  private static final class Fate {
    private int running;
    private long changes;
    private long pushedAt = -1;

    synchronized Moment now() {
      return new Moment(running, changes, running == 0 && pushedAt == changes);
    }

    synchronized void begin() {
      running++;
      changes++;
    }

    synchronized void end() {
      running--;
      changes++;
    }

    /** A push was acknowledged that had begun then. */
    synchronized void pushed(Moment since) {
      if (isStill(since)) {
        pushedAt = changes;
      }
    }

    /** Whether nobody has deleted it since then. */
    synchronized boolean isStill(Moment moment) {
      return moment.running() == 0 && changes == moment.changes();
    }

    /**
     * How it was at a moment.
     *
     * @param pushed whether it had been pushed and not deleted
     */
    record Moment(int running, long changes, boolean pushed) {}
  }
}
