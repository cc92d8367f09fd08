package io.hatoba.server.content;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.oci.Tag;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Somebody who alone changes an image and knows exactly what must be in it, while everybody else
 * pushes, deletes and reclaims the same content elsewhere.
 */
final class RaceOwner {
  private static final List<String> TAGS = List.of("t0", "t1", "t2", "t3");

  private final ContentFixture content;
  private final ContentFixture.Node node;
  private final RaceContent things;
  private final Random random;
  private final RacePush push;
  private final RepositoryName name;
  private final long registryId;
  private final Repository pool;

  /** How often what was deleted in the registry was emptied, twice each: at begin and end. */
  private final AtomicLong emptied;

  /** The same, when the current step began. */
  private long emptiedBefore;

  private Repository repository;
  private final Set<Digest> live = new TreeSet<>();
  private final NavigableMap<String, Digest> tags = new TreeMap<>();
  private final Map<Long, Deleted> deletions = new TreeMap<>();
  private final Map<Held, Long> held = new HashMap<>();
  private final Map<Outcome, Integer> outcomes = new TreeMap<>();

  RaceOwner(
      ContentFixture content,
      ContentFixture.Node node,
      RaceContent things,
      Random random,
      Repository repository,
      Repository pool,
      AtomicLong emptied) {
    this.content = content;
    this.node = node;
    this.things = things;
    this.random = random;
    this.push = new RacePush(content, node, things, random);
    this.name = repository.name();
    this.registryId = repository.registryId();
    this.pool = pool;
    this.emptied = emptied;
    this.repository = repository;
  }

  RepositoryName name() {
    return name;
  }

  Map<Outcome, Integer> outcomes() {
    return outcomes;
  }

  void step() {
    String tag = TAGS.get(random.nextInt(TAGS.size()));
    emptiedBefore = emptied.get();
    Instant now = content.clock.instant();
    RaceContent.Item item = things.inSeason(now, random);
    RaceContent.Item old = things.outOfSeason(now, random);
    if (live.contains(old.digest())) {
      delete(old.digest(), true);
    }
    switch (random.nextInt(16)) {
      case 0, 1, 2, 3, 4 -> pushWhole(item, tag);
      case 5, 6 -> delete(item.digest(), true);
      case 7 -> delete(item.digest(), false);
      case 8 -> deleteTag(tag);
      case 9 -> point(tag, item.digest());
      case 10 -> {
        if (random.nextInt(4) == 0) {
          deleteImage();
        }
      }
      case 11 -> unneeded(things.anyBlob(random));
      default -> restore();
    }
    lookAt(things.any(random));
    assertThat(pointsTo(tag)).as("%s:%s", name, tag).isEqualTo(Optional.ofNullable(tags.get(tag)));
  }

  /** Everything, when nothing runs. */
  void check() {
    things.items().forEach(this::lookAt);
    for (String tag : TAGS) {
      assertThat(pointsTo(tag)).isEqualTo(Optional.ofNullable(tags.get(tag)));
    }
  }

  private void lookAt(RaceContent.Item item) {
    Optional<StoredManifest> found = node.manifests.find(repository, item.digest());
    assertThat(found.isPresent())
        .as("%s in %s", item.digest(), name)
        .isEqualTo(live.contains(item.digest()));
    if (found.isEmpty()) {
      return;
    }
    assertThat(found.get().bytes()).isEqualTo(item.json().bytes());
    for (Digest digest : item.blobs()) {
      Optional<Blob> blob = node.blobs.find(repository, digest);
      assertThat(blob).as("blob %s of %s in %s", digest, item.digest(), name).isPresent();
      assertThat(content.bytes(blob.get())).isEqualTo(things.bytes(digest));
    }
  }

  private Optional<Digest> pointsTo(String tag) {
    return node.manifests.find(repository, new Tag(tag)).map(StoredManifest::digest);
  }

  private void pushWhole(RaceContent.Item item, String tag) {
    for (Digest child : item.children()) {
      if (!live.contains(child) || random.nextInt(4) == 0) {
        pushOne(things.item(child), List.of());
      }
    }
    pushOne(item, RacePush.with(item, tag));
  }

  private void pushOne(RaceContent.Item item, List<String> itsTags) {
    boolean pushed = push.push(repository, item, itsTags, pool);
    count(pushed ? Outcome.PUSHED : Outcome.TOO_SLOW);
    if (pushed) {
      live.add(item.digest());
      itsTags.forEach(tag -> tags.put(tag, item.digest()));
    }
  }

  private void delete(Digest digest, boolean force) {
    Set<Digest> family = live.contains(digest) ? family(digest) : Set.of();
    boolean named = live.stream().anyMatch(other -> things.item(other).children().contains(digest));
    if (!force && named && !family.isEmpty()) {
      TestContent.refused(
          ErrorCode.CONFLICT,
          () -> node.artifacts.remove(repository, digest, false, TestContent.KIM));
      return;
    }
    Optional<Removed> removed =
        force
            ? node.artifacts.delete(repository, digest, TestContent.KIM)
            : node.artifacts.remove(repository, digest, false, TestContent.KIM);
    assertThat(removed.isPresent())
        .as("deleting %s in %s", digest, name)
        .isEqualTo(!family.isEmpty());
    if (removed.isPresent()) {
      count(Outcome.DELETED);
      forget(removed.get(), Deletion.Kind.ARTIFACT, family);
    }
  }

  private void deleteTag(String tag) {
    Optional<Removed> removed = node.tags.delete(repository, new Tag(tag), TestContent.KIM);
    Digest digest = tags.remove(tag);
    assertThat(removed.isPresent())
        .as("deleting tag %s in %s", tag, name)
        .isEqualTo(digest != null);
    removed
        .flatMap(Removed::undo)
        .ifPresent(
            undo ->
                deletions.put(
                    undo.id(),
                    new Deleted(
                        undo,
                        repository.id(),
                        Deletion.Kind.TAG,
                        Map.of(tag, Optional.ofNullable(digest).orElseThrow()),
                        emptiedBefore)));
  }

  private void deleteImage() {
    Removed removed = node.removal.remove(repository, TestContent.KIM);
    count(Outcome.DELETED);
    forget(removed, Deletion.Kind.IMAGE, Set.copyOf(live));
    assertThat(node.repositories.find(name)).isEmpty();
    repository = node.repositories.forPush(name);
  }

  private void forget(Removed removed, Deletion.Kind kind, Set<Digest> family) {
    Map<String, Digest> itsTags = new TreeMap<>(tags);
    itsTags.values().retainAll(family);
    tags.keySet().removeAll(itsTags.keySet());
    live.removeAll(family);
    removed
        .undo()
        .ifPresent(
            undo -> {
              deletions.put(
                  undo.id(), new Deleted(undo, repository.id(), kind, itsTags, emptiedBefore));
              family.forEach(digest -> held.put(new Held(repository.id(), digest), undo.id()));
            });
  }

  private void point(String tag, Digest digest) {
    try {
      node.moves.point(
          repository, new Tag(tag), digest, new Manifests.TagCondition.Always(), TestContent.KIM);
      assertThat(live).contains(digest);
      tags.put(tag, digest);
    } catch (RefusedException e) {
      assertThat(e.refusal().code()).isEqualTo(ErrorCode.MANIFEST_UNKNOWN);
      assertThat(live).doesNotContain(digest);
    }
  }

  /** A blob that is brought stays a while, though nothing names it. */
  private void unneeded(Digest blob) {
    Instant before = content.clock.instant();
    push.bring(repository, blob, pool);
    boolean there = node.blobs.find(repository, blob).isPresent();
    if (content.clock.instant().isBefore(before.plus(node.config.grace().dividedBy(2)))) {
      assertThat(there).as("blob %s that was just brought to %s", blob, name).isTrue();
    }
  }

  private void restore() {
    if (deletions.isEmpty()) {
      return;
    }
    List<Long> ids = List.copyOf(deletions.keySet());
    Deleted deleted = deletions.get(ids.get(random.nextInt(ids.size())));
    if (deleted == null) {
      throw new IllegalStateException();
    }
    Instant before = content.clock.instant();
    Map<Digest, Set<String>> back = willComeBack(deleted);
    try {
      Deletions.Undone undone =
          node.deletions.restore(registryId, deleted.undo().id(), TestContent.KIM);
      assertThat(deleted.undo().until()).as("the end of what was restored").isAfter(before);
      count(Outcome.RESTORED);
      if (mayBeOver(deleted, back.keySet())) {
        synchronize();
      } else {
        restored(deleted, back, undone);
      }
    } catch (RefusedException e) {
      count(Outcome.NOT_RESTORED);
      boolean certain = !mayBeOver(deleted, back.keySet());
      if (e.refusal().code() == ErrorCode.CONFLICT) {
        // It was begun, and so there is more time to go on with it.
        deletions.put(deleted.undo().id(), deleted.until(before.plusSeconds(3_600)));
      }
      if (certain) {
        assertThat(e.refusal().code()).as(e.getMessage()).isEqualTo(ErrorCode.CONFLICT);
        assertThat(deleted.kind()).isEqualTo(Deletion.Kind.TAG);
        Map.Entry<String, Digest> tag = deleted.tags().entrySet().iterator().next();
        boolean elsewhere =
            tags.containsKey(tag.getKey()) && !tag.getValue().equals(tags.get(tag.getKey()));
        boolean gone = !live.contains(tag.getValue()) && back.isEmpty();
        assertThat(elsewhere || gone).as(e.getMessage()).isTrue();
      } else {
        synchronize();
      }
    }
  }

  /** The manifests that an undo brings back, with their tags. */
  private Map<Digest, Set<String>> willComeBack(Deleted deleted) {
    Map<Digest, Set<String>> back = new TreeMap<>();
    if (deleted.kind() == Deletion.Kind.TAG) {
      Digest digest = deleted.tags().values().iterator().next();
      Long by = held.get(new Held(deleted.repositoryId(), digest));
      if (!live.contains(digest) && by != null) {
        back.put(digest, tagsOf(by, digest));
      }
      return back;
    }
    held.forEach(
        (key, by) -> {
          if (by == deleted.undo().id()) {
            back.put(key.digest(), tagsOf(by, key.digest()));
          }
        });
    return back;
  }

  private Set<String> tagsOf(long deletion, Digest digest) {
    Map<String, Digest> all =
        new TreeMap<>(Optional.ofNullable(deletions.get(deletion)).orElseThrow().tags());
    all.values().retainAll(Set.of(digest));
    return all.keySet();
  }

  /** Whether the time of something that is to be undone may be over by now. */
  private boolean mayBeOver(Deleted deleted, Set<Digest> back) {
    List<Deleted> all = new ArrayList<>(List.of(deleted));
    for (Digest digest : back) {
      Long by = held.get(new Held(deleted.repositoryId(), digest));
      all.add(Optional.ofNullable(deletions.get(by)).orElseThrow());
    }
    return all.stream()
        .anyMatch(
            each ->
                !each.undo().until().isAfter(content.clock.instant())
                    || each.emptied() % 2 != 0
                    || each.emptied() != emptied.get());
  }

  private void restored(Deleted deleted, Map<Digest, Set<String>> back, Deletions.Undone undone) {
    int made = 0;
    int artifacts = 0;
    for (Map.Entry<Digest, Set<String>> manifest : back.entrySet()) {
      artifacts += live.add(manifest.getKey()) ? 1 : 0;
      for (String tag : manifest.getValue()) {
        made += tags.putIfAbsent(tag, manifest.getKey()) == null ? 1 : 0;
      }
      held.remove(new Held(deleted.repositoryId(), manifest.getKey()));
    }
    if (deleted.kind() == Deletion.Kind.TAG) {
      for (Map.Entry<String, Digest> tag : deleted.tags().entrySet()) {
        assertThat(live).contains(tag.getValue());
        made += tags.putIfAbsent(tag.getKey(), tag.getValue()) == null ? 1 : 0;
        assertThat(tags.get(tag.getKey())).isEqualTo(tag.getValue());
      }
    }
    deletions.remove(deleted.undo().id());
    assertThat(undone.artifacts()).as("artifacts of %s", deleted).isEqualTo(artifacts);
    assertThat(undone.tags()).as("tags of %s", deleted).isEqualTo(made);
    back.keySet().forEach(digest -> lookAt(things.item(digest)));
  }

  /** Takes over what is there, where nobody could know it. */
  private void synchronize() {
    live.clear();
    content
        .texts("SELECT digest FROM repository_manifest WHERE repository_id = ?", repository.id())
        .forEach(digest -> live.add(Digest.parse(digest)));
    tags.clear();
    content
        .texts("SELECT name FROM tag WHERE repository_id = ?", repository.id())
        .forEach(tag -> tags.put(tag, pointsTo(tag).orElseThrow()));
    held.keySet()
        .removeIf(
            key ->
                content.count(
                        "FROM deleted_manifest WHERE repository_id = ? AND digest = ?",
                        key.repositoryId(),
                        key.digest().toString())
                    == 0);
    deletions
        .keySet()
        .removeIf(
            id -> content.count("FROM deletion WHERE id = ?", id) == 0 && !held.containsValue(id));
  }

  /** As {@link Family} tells it. */
  private Set<Digest> family(Digest root) {
    Set<Digest> members = new TreeSet<>(Set.of(root));
    Set<Digest> indexes = new HashSet<>();
    Set<Digest> children = new TreeSet<>();
    Set<Digest> news = Set.of(root);
    while (!news.isEmpty()) {
      Set<Digest> found = new TreeSet<>();
      Set<Digest> before = news;
      for (Digest one : news) {
        List<Digest> itsChildren = things.item(one).children();
        if (!itsChildren.isEmpty()) {
          indexes.add(one);
          children.addAll(itsChildren);
        }
        live.stream()
            .filter(other -> things.item(other).subject().filter(one::equals).isPresent())
            .forEach(found::add);
      }
      tags.values().stream().filter(digest -> isAbout(digest, before)).forEach(found::add);
      found.removeIf(digest -> isNamed(digest, indexes));
      children.stream()
          .filter(live::contains)
          .filter(child -> !isNamed(child, indexes) && !tags.containsValue(child))
          .forEach(found::add);
      found.removeAll(members);
      members.addAll(found);
      news = found;
    }
    return members;
  }

  private boolean isAbout(Digest digest, Set<Digest> subjects) {
    List<String> names = new ArrayList<>();
    tags.forEach(
        (tag, to) -> {
          if (to.equals(digest)) {
            names.add(tag);
          }
        });
    return names.stream()
        .allMatch(
            tag ->
                subjects.stream()
                    .anyMatch(
                        subject -> tag.equals(subject.toString().replace(':', '-') + ".sig")));
  }

  private boolean isNamed(Digest digest, Set<Digest> butBy) {
    return live.stream()
        .anyMatch(
            other -> !butBy.contains(other) && things.item(other).children().contains(digest));
  }

  private void count(Outcome outcome) {
    outcomes.merge(outcome, 1, Integer::sum);
  }

  /** What became of something. */
  enum Outcome {
    PUSHED,
    TOO_SLOW,
    DELETED,
    RESTORED,
    NOT_RESTORED
  }

  record Held(long repositoryId, Digest digest) {}

  /**
   * A deletion.
   *
   * @param tags that went with it
   * @param emptied how often the registry had been emptied before
   */
  record Deleted(
      Removed.Undo undo,
      long repositoryId,
      Deletion.Kind kind,
      Map<String, Digest> tags,
      long emptied) {
    Deleted until(Instant until) {
      return new Deleted(new Removed.Undo(undo.id(), until), repositoryId, kind, tags, emptied);
    }
  }
}
