package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.KIM;
import static io.hatoba.server.content.TestContent.bytes;
import static io.hatoba.server.content.TestContent.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.MediaTypes;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.Tag;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Images that are removed with all that is in them, and tags that are moved without a push. */
abstract class ImageRemovalContract extends ContentContract {
  private static final Tag V1 = new Tag("v1");

  @AfterEach
  void nothingHasDrifted() {
    for (String id : content.texts("SELECT CAST(id AS TEXT) FROM registry ORDER BY id")) {
      assertThat(node().usage.check(Long.parseLong(id))).isEmpty();
    }
    node().guard.set((_, _, _, _, _) -> Optional.empty());
  }

  @Test
  void nothingIsLeftOfAnImage() {
    content.registry("removal-all");
    content.keepNothing("removal-all");
    Repository repository = content.repository("removal-all");
    List<String> children = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      Digest child = push(repository, image(repository), "t" + i, "u" + i);
      children.add(TestContent.descriptor(MediaTypes.OCI_MANIFEST, child, 7));
    }
    Digest index = push(repository, TestContent.index(children), "latest");
    push(repository, bytes(70_000));
    uploads().start(repository, KIM, DigestAlgorithm.SHA256);

    node().removal.remove(repository, KIM);

    assertThat(node().repositories.find(repository.name())).isEmpty();
    assertThat(manifests().find(repository, index)).isEmpty();
    for (String table :
        List.of(
            "repository_manifest",
            "manifest_edge",
            "tag",
            "tag_history",
            "repository_blob",
            "upload",
            "repository_usage")) {
      assertThat(content.count("FROM " + table + " WHERE repository_id = ?", repository.id()))
          .describedAs(table)
          .isZero();
    }
    assertThat(node().usage.of(repository.registryId()))
        .isEqualTo(new Usage.OfRegistry(repository.registryId(), 0, 0, 0, 0, 0));
    List<Event.Kind> kinds =
        awaitEvents(repository, 2 * (121 + 241)).stream().map(Event::kind).toList();
    assertThat(kinds.stream().filter(Event.Kind.ARTIFACT_DELETED::equals)).hasSize(121);
    assertThat(kinds.stream().filter(Event.Kind.TAG_DELETED::equals)).hasSize(241);

    Repository again = node().repositories.forPush(repository.name());
    assertThat(again.id()).isNotEqualTo(repository.id());
    push(again, image(again), "v1");
  }

  @Test
  void aTagThatMayNotGoKeepsAllOfIt() {
    Repository repository = content.repository();
    for (int i = 0; i < 5; i++) {
      push(repository, image(repository), "t" + i);
    }
    node()
        .guard
        .set(
            (_, _, tag, _, _) ->
                tag.name().equals("t4")
                    ? Optional.of(new Refusal.Denied("tag t4 is protected", ""))
                    : Optional.empty());
    refused(ErrorCode.DENIED, () -> node().removal.remove(repository, KIM));
    assertThat(node().tags.page(repository, Optional.empty(), 10)).hasSize(5);
    assertThat(content.count("FROM repository_manifest WHERE repository_id = ?", repository.id()))
        .isEqualTo(5);
  }

  @Test
  void aChildStaysUntilItsIndexIsGone() {
    Repository repository = content.repository();
    Digest child = push(repository, image(repository), "child");
    Digest index =
        push(
            repository,
            TestContent.index(List.of(TestContent.descriptor(MediaTypes.OCI_MANIFEST, child, 7))));
    assertThat(
            refused(
                    ErrorCode.CONFLICT,
                    () -> node().artifacts.remove(repository, child, false, KIM).isPresent())
                .detail())
        .isEqualTo(index.toString());
    assertThat(manifests().find(repository, new Tag("child"))).isPresent();
    assertThat(node().artifacts.remove(repository, index, false, KIM).isPresent()).isTrue();
    assertThat(node().artifacts.remove(repository, child, false, KIM).isPresent()).isTrue();
    assertThat(node().artifacts.remove(repository, child, false, KIM).isPresent()).isFalse();
  }

  @Test
  void aTagIsMadeMovedAndTakenBackWithoutAPush() {
    Repository repository = content.repository();
    Digest first = push(repository, image(repository));
    Digest second = push(repository, image(repository));
    assertThat(point(repository, first)).isEqualTo(TagMoves.Outcome.CREATED);
    assertThat(point(repository, first)).isEqualTo(TagMoves.Outcome.UNCHANGED);
    assertThat(point(repository, second)).isEqualTo(TagMoves.Outcome.MOVED);
    assertThat(manifests().find(repository, V1).orElseThrow().digest()).isEqualTo(second);
    List<Long> history =
        content
            .texts(
                "SELECT CAST(id AS TEXT) FROM tag_history WHERE repository_id = ? ORDER BY id",
                repository.id())
            .stream()
            .map(Long::parseLong)
            .toList();
    assertThat(history).hasSize(2);
    assertThat(node().moves.restore(repository, V1, history.get(1), KIM)).isEqualTo(first);
    assertThat(manifests().find(repository, V1).orElseThrow().digest()).isEqualTo(first);
    refused(
        ErrorCode.CONFLICT, () -> node().moves.restore(repository, V1, history.getFirst(), KIM));
    refused(
        ErrorCode.REQUEST_INVALID,
        () -> node().moves.restore(repository, new Tag("v2"), history.get(1), KIM));
    assertThat(awaitEvents(repository, 5).stream().map(Event::kind))
        .containsExactly(
            Event.Kind.ARTIFACT_PUSHED,
            Event.Kind.ARTIFACT_PUSHED,
            Event.Kind.TAG_CREATED,
            Event.Kind.TAG_MOVED,
            Event.Kind.TAG_MOVED);
  }

  @Test
  void aTagCannotPointAtWhatIsNotThere() {
    Repository repository = content.repository();
    Digest absent = Digest.sha256(bytes(9));
    assertThat(refused(ErrorCode.MANIFEST_UNKNOWN, () -> point(repository, absent)).detail())
        .isEqualTo(absent.toString());
  }

  private TagMoves.Outcome point(Repository repository, Digest digest) {
    return node().moves.point(repository, V1, digest, new Manifests.TagCondition.Always(), KIM);
  }
}
