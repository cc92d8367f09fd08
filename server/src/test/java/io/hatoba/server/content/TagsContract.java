package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.CI;
import static io.hatoba.server.content.TestContent.KIM;
import static io.hatoba.server.content.TestContent.atOnce;
import static io.hatoba.server.content.TestContent.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.Tag;
import io.hatoba.server.content.Event.Kind;
import io.hatoba.server.content.Manifests.TagCondition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What {@link Tags} and the tags of {@link Manifests#put} promise. */
abstract class TagsContract extends ContentContract {
  private static final Tag V1 = new Tag("v1");

  @AfterEach
  void guardNothing() {
    node().guard.set((_, _, _, _, _) -> Optional.empty());
  }

  @Test
  void everyMoveIsRecorded() {
    Repository repository = content.repository();
    Digest first = push(repository, image(repository), "v1");
    Digest second = push(repository, image(repository), "v1");
    assertThat(node().tags.delete(repository, V1, CI)).isPresent();
    assertThat(node().tags.delete(repository, V1, CI)).isEmpty();

    assertThat(manifests().find(repository, V1)).isEmpty();
    assertThat(manifests().find(repository, second)).isPresent();
    assertThat(history(repository, V1))
        .containsExactly(
            "nothing > %s by account:kim".formatted(first),
            "%s > %s by account:kim".formatted(first, second),
            "%s > nothing by robot:ci".formatted(second));
    List<Event> events = awaitEvents(repository, 5);
    assertThat(events)
        .extracting(Event::kind)
        .containsExactly(
            Kind.ARTIFACT_PUSHED,
            Kind.TAG_CREATED,
            Kind.ARTIFACT_PUSHED,
            Kind.TAG_MOVED,
            Kind.TAG_DELETED);
    Event moved = events.get(3);
    assertThat(moved.tag()).contains(V1);
    assertThat(moved.digest()).contains(second);
    assertThat(moved.previous()).contains(first);
    assertThat(moved.actor()).isEqualTo(KIM);
    assertThat(moved.registryId()).isEqualTo(repository.registryId());
    assertThat(moved.at()).isEqualTo(content.clock.instant());
    assertThat(events.getFirst().mediaType()).isPresent();
    assertThat(events.getLast().actor()).isEqualTo(CI);
  }

  @Test
  void ofManyMovesOfOneTagAtOnceAllAreRecordedAndTheLastWins() {
    Repository repository = content.repository();
    List<Callable<Digest>> moves = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      TestContent.Json image = image(repository);
      moves.add(() -> push(repository, image, "v1"));
    }

    List<Digest> pushed = atOnce(moves);

    List<String> to = column(repository, "to_digest");
    List<String> from = column(repository, "from_digest");
    assertThat(to)
        .containsExactlyInAnyOrderElementsOf(pushed.stream().map(Digest::toString).toList());
    assertThat(from.getFirst()).isEqualTo("nothing");
    assertThat(from.subList(1, 24)).isEqualTo(to.subList(0, 23));
    assertThat(manifests().find(repository, V1).orElseThrow().digest().toString())
        .isEqualTo(to.getLast());
  }

  /** Moves and deletions of one tag: the history is one chain and ends in what is there. */
  @Test
  void movesAndDeletionsAtOnceAreOneChain() {
    Repository repository = content.repository();
    List<TestContent.Json> images =
        List.of(image(repository), image(repository), image(repository));
    List<Callable<Boolean>> actions = new ArrayList<>();
    for (int i = 0; i < 48; i++) {
      int n = i;
      actions.add(
          n % 3 == 0
              ? () -> node().tags.delete(repository, V1, KIM).isPresent()
              : () -> push(repository, images.get(n % images.size()), "v1").hex().isEmpty());
    }

    atOnce(actions);

    List<String> to = column(repository, "to_digest");
    List<String> from = column(repository, "from_digest");
    assertThat(from.getFirst()).isEqualTo("nothing");
    assertThat(from.subList(1, from.size())).isEqualTo(to.subList(0, to.size() - 1));
    assertThat(
            manifests()
                .find(repository, V1)
                .map(found -> found.digest().toString())
                .orElse("nothing"))
        .isEqualTo(to.getLast());
  }

  @Test
  void allTagsOfAPushMoveOrNone() {
    Repository repository = content.repository();
    TestContent.Json first = image(repository);
    push(repository, first, "b");
    TestContent.Json second = image(repository);
    guard(ErrorCode.DENIED, "b");

    refused(ErrorCode.DENIED, () -> push(repository, second, "a", "b", "c"));

    assertThat(node().tags.page(repository, Optional.empty(), 10)).containsExactly(new Tag("b"));
    assertThat(manifests().find(repository, second.digest())).isEmpty();
    assertThat(manifests().find(repository, new Tag("b")).orElseThrow().digest())
        .isEqualTo(first.digest());
    assertThat(awaitEvents(repository, 2)).hasSize(2);
    guardNothing();
    push(repository, second, "a", "b", "c", "a");
    assertThat(node().tags.page(repository, Optional.empty(), 10)).hasSize(3);
    assertThat(history(repository, new Tag("a"))).hasSize(1);
  }

  @Test
  void aGuardIsAskedOnceForEachMoveAndNeverForWhatChangesNothing() {
    Repository repository = content.repository();
    TestContent.Json first = image(repository);
    TestContent.Json second = image(repository);
    List<String> asked = new ArrayList<>();
    node()
        .guard
        .set(
            (handle, in, tag, from, to) -> {
              assertThat(handle.select("SELECT 1").mapTo(Integer.class).one()).isEqualTo(1);
              asked.add(tag + " " + from + " " + to.map(Digest::toString).orElse("nothing"));
              return Optional.empty();
            });

    push(repository, first, "v1");
    push(repository, first, "v1");
    push(repository, second, "v1");
    node().tags.delete(repository, V1, KIM);
    node().tags.delete(repository, V1, KIM);

    assertThat(asked)
        .containsExactly(
            "v1 %s %s".formatted(first.digest(), second.digest()),
            "v1 %s nothing".formatted(second.digest()));
  }

  @Test
  void aGuardThatRefusesOrThrowsKeepsTheTag() {
    Repository repository = content.repository();
    Digest digest = push(repository, image(repository), "v1");
    TestContent.Json other = image(repository);
    guard(ErrorCode.DENIED, "v1");
    refused(ErrorCode.DENIED, () -> push(repository, other, "v1"));
    refused(ErrorCode.DENIED, () -> node().tags.delete(repository, V1, KIM));
    refused(ErrorCode.DENIED, () -> delete(repository, digest));

    IllegalStateException defect = new IllegalStateException("a defect");
    node()
        .guard
        .set(
            (_, _, _, _, _) -> {
              throw defect;
            });
    assertThatThrownBy(() -> push(repository, other, "v1")).isSameAs(defect);
    assertThatThrownBy(() -> node().tags.delete(repository, V1, KIM)).isSameAs(defect);
    assertThatThrownBy(() -> delete(repository, digest)).isSameAs(defect);

    assertThat(manifests().find(repository, V1).orElseThrow().digest()).isEqualTo(digest);
    assertThat(manifests().find(repository, other.digest())).isEmpty();
    assertThat(history(repository, V1)).hasSize(1);
    assertThat(awaitEvents(repository, 2)).hasSize(2);
  }

  @Test
  void aConditionDecidesWhetherThePushIsCarriedOut() {
    Repository repository = content.repository();
    TestContent.Json first = image(repository);
    TestContent.Json second = image(repository);
    TestContent.Json third = image(repository);

    refused(
        ErrorCode.PRECONDITION_FAILED,
        () -> put(repository, first, new TagCondition.PointsTo(List.of())));
    assertThat(manifests().find(repository, first.digest())).isEmpty();
    put(repository, first, new TagCondition.Absent());
    refused(
        ErrorCode.PRECONDITION_FAILED, () -> put(repository, second, new TagCondition.Absent()));
    refused(
        ErrorCode.PRECONDITION_FAILED,
        () -> put(repository, second, new TagCondition.PointsTo(List.of(second.digest()))));
    assertThat(manifests().find(repository, V1).orElseThrow().digest()).isEqualTo(first.digest());
    put(repository, second, new TagCondition.PointsTo(List.of(third.digest(), first.digest())));
    put(repository, third, new TagCondition.PointsTo(List.of()));

    assertThat(manifests().find(repository, V1).orElseThrow().digest()).isEqualTo(third.digest());
    assertThat(history(repository, V1)).hasSize(3);
  }

  @Test
  void ofManyThatExpectTheSameOneSucceeds() {
    Repository repository = content.repository();
    List<Callable<Boolean>> pushes = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      TestContent.Json image = image(repository);
      pushes.add(
          () ->
              BlobsContract.unless(
                  ErrorCode.PRECONDITION_FAILED,
                  () -> !put(repository, image, new TagCondition.Absent()).hex().isEmpty()));
    }

    assertThat(atOnce(pushes)).containsOnlyOnce(true);
    assertThat(history(repository, V1)).hasSize(1);
  }

  @Test
  void tagsAreListedInByteOrder() {
    Repository repository = content.repository();
    TestContent.Json image = image(repository);
    NavigableSet<String> model = new TreeSet<>();
    Random random = new Random(3);
    for (int i = 0; i < 60; i++) {
      model.add(Integer.toString(random.nextInt(40_000), 36).toUpperCase(java.util.Locale.ROOT));
      model.add("_" + Integer.toString(random.nextInt(40), 36));
      model.add(Integer.toString(random.nextInt(400), 36) + "." + i % 3);
    }
    push(repository, image, model.toArray(String[]::new));
    Repository other = content.repository();
    push(other, image(other), "other");

    for (String cursor : List.of("", "0", "A", "Z", "_", "a", "zzz", model.first(), model.last())) {
      for (int limit : List.of(1, 7, 1_000)) {
        assertThat(node().tags.page(repository, Optional.of(cursor), limit))
            .extracting(Tag::name)
            .containsExactlyElementsOf(model.tailSet(cursor, false).stream().limit(limit).toList());
      }
    }
    assertThat(node().tags.page(repository, Optional.empty(), 0)).isEmpty();
  }

  /** Who reads after a move was acknowledged never sees what was there before it. */
  @Test
  void aReaderNeverSeesWhatWasThereBeforeAnAcknowledgedMove() {
    Repository repository = content.repository();
    int moves = 150;
    List<TestContent.Json> versions = new ArrayList<>();
    TestContent.Json some = image(repository);
    for (int i = 0; i < moves; i++) {
      versions.add(some.with("\"n\":" + i));
    }
    List<Digest> digests = versions.stream().map(TestContent.Json::digest).toList();
    AtomicInteger acknowledged = new AtomicInteger();
    AtomicBoolean moving = new AtomicBoolean(true);
    push(repository, versions.getFirst(), "v1");
    List<Callable<Integer>> actions = new ArrayList<>();
    actions.add(
        () -> {
          try {
            for (int i = 1; i < moves; i++) {
              push(repository, versions.get(i), "v1");
              acknowledged.set(i);
              if (i % 3 == 0) {
                delete(repository, digests.get(i - 1));
              }
            }
          } finally {
            moving.set(false);
          }
          return moves;
        });
    for (int reader = 0; reader < 4; reader++) {
      actions.add(
          () -> {
            int reads = 0;
            int seen = 0;
            while (moving.get()) {
              int least = Math.max(seen, acknowledged.get());
              StoredManifest found = manifests().find(repository, V1).orElseThrow();
              seen = digests.indexOf(found.digest());
              assertThat(seen).isGreaterThanOrEqualTo(least);
              assertThat(found.bytes()).isEqualTo(versions.get(seen).bytes());
              reads++;
            }
            return reads;
          });
    }

    assertThat(atOnce(actions)).allSatisfy(count -> assertThat(count).isPositive());
  }

  private void guard(ErrorCode code, String... tags) {
    Refusal refusal = new Refusal.Denied("protected", "");
    assertThat(refusal.code()).isEqualTo(code);
    AtomicReference<List<String>> protectedTags = new AtomicReference<>(Arrays.asList(tags));
    node()
        .guard
        .set(
            (_, _, tag, _, _) ->
                protectedTags.get().contains(tag.name()) ? Optional.of(refusal) : Optional.empty());
  }

  private Digest put(Repository repository, TestContent.Json manifest, TagCondition condition) {
    return manifests()
        .put(
            repository,
            KIM,
            manifest.type(),
            manifest.bytes(),
            Optional.empty(),
            List.of(V1),
            condition)
        .digest();
  }

  private List<String> history(Repository repository, Tag tag) {
    return content.texts(
        """
        SELECT coalesce(from_digest, 'nothing') || ' > ' || coalesce(to_digest, 'nothing') || ' by ' || by_principal
        FROM tag_history
        WHERE repository_id = ? AND name = ?
        ORDER BY id
        """,
        repository.id(),
        tag);
  }

  private List<String> column(Repository repository, String column) {
    return content.texts(
        "SELECT coalesce(%s, 'nothing') FROM tag_history WHERE repository_id = ? AND name = 'v1' ORDER BY id"
            .formatted(column),
        repository.id());
  }
}
