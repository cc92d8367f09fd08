package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.KIM;
import static io.hatoba.server.content.TestContent.bytes;
import static io.hatoba.server.content.TestContent.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.MediaTypes;
import io.hatoba.oci.RepositoryName;
import io.hatoba.oci.Tag;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is deleted can be brought back until its time is over, and then its space comes back. */
abstract class DeletionsContract extends ContentContract {
  private static final Duration WINDOW = TestConfig.DEFAULT.window();
  private static final Duration GRACE = TestConfig.DEFAULT.grace();
  private static final Tag V1 = new Tag("v1");

  @Test
  void aDeletedArtifactComesBackAsItWas() {
    Repository repository = registry("comes-back");
    TestContent.Json image = image(repository);
    Digest digest = push(repository, image, "v1", "latest");
    Usage.OfRegistry before = node().usage.of(repository.registryId());

    Removed.Undo undo = deleteUndoably(repository, digest);
    assertThat(manifests().find(repository, digest)).isEmpty();
    assertThat(manifests().find(repository, V1)).isEmpty();
    content.clock.advance(WINDOW.minusSeconds(1));
    node().reclaim();

    Deletions.Undone undone = undo(repository, undo);

    assertThat(undone.artifacts()).isEqualTo(1);
    assertThat(undone.tags()).isEqualTo(2);
    assertThat(manifests().find(repository, V1).orElseThrow().bytes()).isEqualTo(image.bytes());
    assertBlobsOf(repository, digest);
    assertThat(node().usage.of(repository.registryId())).isEqualTo(before);
    assertThat(deletions(repository)).isEmpty();
    assertThat(kinds(repository).getLast()).isEqualTo(Event.Kind.ARTIFACT_RESTORED);
    content.clock.advance(WINDOW.multipliedBy(2));
    node().reclaim();
    assertBlobsOf(repository, digest);
  }

  @Test
  void whatIsAboutAnArtifactAndTheChildrenOfAnIndexGoAndComeBackWithIt() {
    Repository repository = registry("family");
    Digest amd = push(repository, image(repository));
    Digest arm = push(repository, image(repository), "arm");
    Digest shared = push(repository, image(repository));
    Digest index = push(repository, index(amd, arm, shared), "v1");
    Digest other = push(repository, index(shared), "other");
    Digest signature = push(repository, image(repository).about(index));
    Digest countersignature = push(repository, image(repository).about(signature));
    Digest sbomOfChild = push(repository, image(repository).about(amd));
    Digest cosign =
        push(repository, image(repository), index.toString().replace(':', '-') + ".sig");

    Removed.Undo undo = deleteUndoably(repository, index);

    assertThat(present(repository, amd, arm, shared, index, other, signature, countersignature))
        .containsExactlyInAnyOrder(arm, shared, other);
    assertThat(present(repository, sbomOfChild, cosign)).isEmpty();
    assertThat(deletions(repository).getFirst().artifacts()).isEqualTo(6);
    content.clock.advance(GRACE.plusSeconds(1));
    node().reclaim();

    undo(repository, undo);

    assertThat(present(repository, amd, index, signature, countersignature, sbomOfChild, cosign))
        .hasSize(6);
    assertThat(
            node().referrers.page(repository, index, Set.of(), Optional.empty(), 100_000).index())
        .asString()
        .contains(signature.toString());
    for (Digest back : List.of(amd, signature, countersignature, sbomOfChild, cosign)) {
      assertBlobsOf(repository, back);
    }
  }

  @Test
  void spaceComesBackWhenTheTimeIsOver() {
    Repository repository = registry("over");
    push(repository, image(repository), "v1");
    Digest digest = push(repository, image(repository), "v2");
    push(repository, bytes(80_000));
    long kept = node().usage.of(repository.registryId()).physicalBytes() - 80_000;
    delete(repository, digest);
    delete(repository, manifests().find(repository, V1).orElseThrow().digest());

    content.clock.advance(GRACE.plusSeconds(1));
    node().reclaim();

    // What was pushed and never named is gone; what can be brought back still counts.
    assertThat(node().usage.of(repository.registryId()).physicalBytes()).isEqualTo(kept);
    assertThat(content.count("FROM repository_blob WHERE repository_id = ?", repository.id()))
        .isZero();

    content.clock.advance(WINDOW);
    node().reclaim();
    content.clock.advance(Duration.ofMinutes(2));
    node().reclaim();

    assertNothingIsLeft(repository);
    assertThat(deletions(repository)).isEmpty();
  }

  @Test
  void whatOnlyDeletedContentHoldsIsShownApart() {
    Repository repository = registry("apart");
    long id = repository.registryId();
    TestContent.Json image = image(repository);
    Digest digest = push(repository, image, "v1");
    long all = node().usage.of(id).physicalBytes();
    assertThat(node().usage.deletedBytes(id)).isZero();

    delete(repository, digest);
    assertThat(node().usage.deletedBytes(id)).isEqualTo(all);
    assertThat(node().usage.of(id).physicalBytes()).isEqualTo(all);
    content.clock.advance(GRACE.plusSeconds(1));
    node().reclaim();
    assertThat(node().usage.deletedBytes(id)).isEqualTo(all);

    undo(repository, deleteUndoably(repository, push(repository, image(repository))));
    delete(repository, push(repository, image(repository)));
    assertThat(node().usage.deletedBytes(id)).isLessThan(node().usage.of(id).physicalBytes());
    content.clock.advance(WINDOW.plusSeconds(1));
    node().reclaim();
    assertThat(node().usage.deletedBytes(id)).isZero();
  }

  @Test
  void aTagDoesNotGoBackToWhatIsBeingLetGoOf() {
    Repository repository = registry("half-gone");
    Digest first = push(repository, image(repository), "v1");
    push(repository, image(repository), "v1");
    delete(repository, first);
    long historyId =
        content
            .database()
            .read(
                handle ->
                    handle
                        .select(
                            "SELECT id FROM tag_history WHERE repository_id = ? AND from_digest = ?",
                            repository.id(),
                            first)
                        .mapTo(Long.class)
                        .one());
    content.clock.advance(WINDOW.plusSeconds(1));
    // Its blobs go first, its row later.
    node().deletions.purgeSome(repository.registryId());
    assertThat(
            content.count("FROM deleted_manifest WHERE registry_id = ?", repository.registryId()))
        .isEqualTo(1);

    refused(ErrorCode.CONFLICT, () -> node().moves.restore(repository, V1, historyId, KIM));
    node().reclaim();
  }

  @Test
  void whatIsEmptiedCannotBeBroughtBackAndItsSpaceComesBackSoon() {
    Repository repository = registry("emptied");
    Digest digest = push(repository, image(repository), "v1");
    Removed.Undo undo = deleteUndoably(repository, digest);

    assertThat(node().deletions.end(repository.registryId())).isEqualTo(1);

    refused(ErrorCode.MANIFEST_UNKNOWN, () -> undo(repository, undo));
    content.clock.advance(Duration.ofMinutes(11));
    node().reclaim();
    content.clock.advance(Duration.ofMinutes(2));
    node().reclaim();
    assertNothingIsLeft(repository);
  }

  @Test
  void aRegistryMayKeepNothing() {
    Repository repository = registry("keeps-nothing");
    content.keepNothing("keeps-nothing");
    Digest digest = push(repository, image(repository), "v1");

    assertThat(node().artifacts.delete(repository, digest, KIM).orElseThrow().undo()).isEmpty();
    push(repository, image(repository), "v1");
    assertThat(node().tags.delete(repository, V1, KIM).orElseThrow().undo()).isEmpty();
    assertThat(node().removal.remove(repository, KIM).undo()).isEmpty();

    assertThat(deletions(repository)).isEmpty();
    content.clock.advance(GRACE.plusSeconds(1));
    node().reclaim();
    content.clock.advance(Duration.ofMinutes(2));
    node().reclaim();
    assertNothingIsLeft(repository);
  }

  @Test
  void whatAnotherImageHasStays() {
    Repository repository = registry("shared-blobs");
    content.keepNothing("shared-blobs");
    Repository other = content.repository("shared-blobs");
    Blob config = push(repository, bytes(300));
    Blob layer = push(repository, bytes(30_000));
    push(other, content.bytes(config));
    assertThat(blobs().mount(other, layer.digest(), repository)).isTrue();
    Digest digest = push(repository, TestContent.image(config, layer), "v1");
    push(other, TestContent.image(config, layer), "v1");

    delete(repository, digest);
    content.clock.advance(GRACE.plusSeconds(1));
    node().reclaim();

    assertThat(content.count("FROM repository_blob WHERE repository_id = ?", repository.id()))
        .isZero();
    assertBlobsOf(other, digest);
    assertThat(manifests().find(other, digest)).isPresent();
  }

  @Test
  void whatAPushCountsOnStays() {
    Repository repository = registry("counted-on");
    content.keepNothing("counted-on");
    Blob config = push(repository, bytes(300));
    Blob layer = push(repository, bytes(30_000));
    TestContent.Json image = TestContent.image(config, layer);
    Digest digest = push(repository, image, "v1");
    content.clock.advance(GRACE);
    assertThat(blobs().findForPush(repository, layer.digest())).isPresent();

    delete(repository, digest);
    content.clock.advance(GRACE.minusSeconds(1));
    node().reclaim();

    assertThat(blobs().find(repository, layer.digest())).isPresent();
    assertThat(blobs().find(repository, config.digest())).isEmpty();
    push(repository, content.bytes(config));
    push(repository, image, "v1");
    assertBlobsOf(repository, digest);
  }

  @Test
  void anImageComesBackWithItsTagsAndTextsAlsoWhenItsNameWasTakenAgain() {
    Repository repository = registry("image-back");
    List<Digest> digests = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      digests.add(push(repository, image(repository), "t" + i));
    }
    content
        .database()
        .write(
            handle ->
                handle.execute(
                    "INSERT INTO image_text (repository_id, description, readme) VALUES (?, 'what', '# it is')",
                    repository.id()));
    Removed.Undo undo = node().removal.remove(repository, KIM).undo().orElseThrow();
    assertThat(node().repositories.find(repository.name())).isEmpty();
    content.clock.advance(GRACE.plusSeconds(1));
    node().reclaim();
    Repository again = node().repositories.forPush(repository.name());
    Digest fresh = push(again, image(again), "t7");

    Deletions.Undone undone = undo(repository, undo);

    assertThat(undone.artifacts()).isEqualTo(60);
    assertThat(undone.tags()).isEqualTo(59);
    assertThat(undone.tagsElsewhere()).isEqualTo(1);
    for (Digest digest : digests) {
      assertBlobsOf(again, digest);
    }
    assertThat(manifests().find(again, new Tag("t7")).orElseThrow().digest()).isEqualTo(fresh);
    assertThat(content.texts("SELECT readme FROM image_text WHERE repository_id = ?", again.id()))
        .containsExactly("# it is");
    assertThat(node().usage.of(again).artifactCount()).isEqualTo(61);
  }

  @Test
  void anImageThatIsGoneIsMadeAgain() {
    Repository repository = registry("image-again");
    Digest digest = push(repository, image(repository), "v1");
    Removed.Undo undo = node().removal.remove(repository, KIM).undo().orElseThrow();

    undo(repository, undo);

    Repository again = node().repositories.find(repository.name()).orElseThrow();
    assertThat(manifests().find(again, V1).orElseThrow().digest()).isEqualTo(digest);
    assertBlobsOf(again, digest);
  }

  @Test
  void aDeletedTagComesBackWithItsManifest() {
    Repository repository = registry("tag-back");
    Digest digest = push(repository, image(repository), "v1");
    Removed.Undo undo = node().tags.delete(repository, V1, KIM).orElseThrow().undo().orElseThrow();
    delete(repository, digest);

    Deletions.Undone undone = undo(repository, undo);

    assertThat(undone.artifacts()).isEqualTo(1);
    assertThat(manifests().find(repository, V1).orElseThrow().digest()).isEqualTo(digest);
    assertThat(node().usage.of(repository).tagCount()).isEqualTo(1);
  }

  @Test
  void aDeletedTagThatWasMadeAgainIsLeftAlone() {
    Repository repository = registry("tag-elsewhere");
    push(repository, image(repository), "v1");
    Removed.Undo undo = node().tags.delete(repository, V1, KIM).orElseThrow().undo().orElseThrow();
    Digest fresh = push(repository, image(repository), "v1");

    refused(ErrorCode.CONFLICT, () -> undo(repository, undo));

    assertThat(manifests().find(repository, V1).orElseThrow().digest()).isEqualTo(fresh);
    assertThat(deletions(repository)).hasSize(1);
  }

  @Test
  void aTagGoesBackToWhatWasDeletedSince() {
    Repository repository = registry("history-back");
    Digest first = push(repository, image(repository), "v1");
    push(repository, image(repository), "v1");
    delete(repository, first);
    long change =
        Long.parseLong(
            content
                .texts(
                    "SELECT CAST(max(id) AS TEXT) FROM tag_history WHERE repository_id = ?",
                    repository.id())
                .getFirst());

    node().moves.restore(repository, V1, change, KIM);

    assertThat(manifests().find(repository, V1).orElseThrow().digest()).isEqualTo(first);
    assertBlobsOf(repository, first);
  }

  @Test
  void aTagDoesNotGoBackToWhatIsGoneInPart() {
    Repository repository = registry("history-over");
    Digest first = push(repository, image(repository), "v1");
    push(repository, image(repository), "v1");
    delete(repository, first);
    long change =
        Long.parseLong(
            content
                .texts(
                    "SELECT CAST(max(id) AS TEXT) FROM tag_history WHERE repository_id = ?",
                    repository.id())
                .getFirst());
    content.clock.advance(WINDOW.plusSeconds(1));
    assertThat(node().deletions.purgeSome(repository.registryId())).isPresent();
    assertThat(content.count("FROM deleted_manifest WHERE digest = ?", first.toString()))
        .isEqualTo(1);

    refused(ErrorCode.CONFLICT, () -> node().moves.restore(repository, V1, change, KIM));

    assertThat(manifests().find(repository, first)).isEmpty();
  }

  @Test
  void anImageThatIsUndoneOrEmptiedWhileItIsDeletedCanStillBeBroughtBack() {
    Repository repository = registry("undone-meanwhile");
    Digest digest = push(repository, image(repository), "v1");
    Removed.Undo undo =
        content
            .database()
            .write(handle -> node().trash.begin(handle, repository, Trash.What.image(), KIM))
            .orElseThrow();
    assertThat(undo(repository, undo).artifacts()).isZero();
    assertThat(content.count("FROM deletion WHERE id = ?", undo.id())).isZero();

    node().artifacts.removeAll(repository, Optional.of(undo), KIM);

    assertThat(manifests().find(repository, V1)).isEmpty();
    Deletions.Undone undone = undo(repository, undo);
    assertThat(undone.artifacts()).isEqualTo(1);
    assertThat(undone.tags()).isEqualTo(1);
    assertBlobsOf(repository, digest);
  }

  @Test
  void whatWasPushedAgainIsNotTouchedByAnUndoOrItsEnd() {
    Repository repository = registry("pushed-again");
    TestContent.Json image = image(repository);
    Digest digest = push(repository, image, "v1");
    Removed.Undo first = deleteUndoably(repository, digest);
    push(repository, image, "v1");

    assertThat(undo(repository, first).artifacts()).isZero();
    assertThat(manifests().find(repository, V1)).isPresent();
    deleteUndoably(repository, digest);
    push(repository, image, "v1");
    content.clock.advance(WINDOW.plusSeconds(1));
    node().reclaim();

    assertThat(manifests().find(repository, V1).orElseThrow().bytes()).isEqualTo(image.bytes());
    assertBlobsOf(repository, digest);
  }

  @Test
  void theSecondDeletionOfTheSameIsTheOneThatBringsItBack() {
    Repository repository = registry("twice");
    TestContent.Json image = image(repository);
    Digest digest = push(repository, image, "v1");
    Removed.Undo first = deleteUndoably(repository, digest);
    content.clock.advance(Duration.ofDays(1));
    push(repository, image, "v2");
    Removed.Undo second = deleteUndoably(repository, digest);

    assertThat(undo(repository, first).artifacts()).isZero();
    assertThat(undo(repository, second).artifacts()).isEqualTo(1);
    assertThat(manifests().find(repository, new Tag("v2"))).isPresent();
  }

  @Test
  void aChildOfALiveIndexGoesOnlyByForce() {
    Repository repository = registry("child");
    Digest child = push(repository, image(repository));
    Digest index = push(repository, index(child), "v1");

    assertThat(
            refused(
                    ErrorCode.CONFLICT,
                    () -> node().artifacts.remove(repository, child, false, KIM))
                .message())
        .contains(index.toString());
    assertThat(node().artifacts.remove(repository, child, true, KIM)).isPresent();
    assertThat(present(repository, child, index)).containsExactly(index);
  }

  @Test
  void aRegistryThatGoesTakesWhatCouldBeBroughtBackAlong() {
    Repository repository = registry("going");
    Digest digest = push(repository, image(repository), "v1");
    push(repository, image(repository), "v2");
    delete(repository, digest);
    RegistryContent removal =
        new RegistryContent(
            content.database(),
            node().events,
            node().blobs,
            node().deletions,
            node().removals,
            node().ledger,
            content.clock,
            List.of());

    RegistryContent.Progress progress = removal.removeSome(repository.registryId());
    while (progress == RegistryContent.Progress.MORE) {
      progress = removal.removeSome(repository.registryId());
    }

    assertThat(progress).isEqualTo(RegistryContent.Progress.DONE);
    content.clock.advance(Duration.ofMinutes(2));
    node().reclaim();
    assertNothingIsLeft(repository);
  }

  private Repository registry(String name) {
    content.registry(name);
    return content.repository(name);
  }

  private Removed.Undo deleteUndoably(Repository repository, Digest digest) {
    return node().artifacts.delete(repository, digest, KIM).orElseThrow().undo().orElseThrow();
  }

  private Deletions.Undone undo(Repository repository, Removed.Undo undo) {
    return node().deletions.restore(repository.registryId(), undo.id(), KIM);
  }

  private List<Deletion> deletions(Repository repository) {
    return node().deletions.page(repository.registryId(), Optional.empty(), Optional.empty(), 100);
  }

  private List<Event.Kind> kinds(Repository repository) {
    return content
        .texts(
            "SELECT kind FROM event WHERE repository = ? ORDER BY seq", repository.name().value())
        .stream()
        .map(Event.Kind::of)
        .toList();
  }

  private static TestContent.Json index(Digest... children) {
    return TestContent.index(
        List.of(children).stream()
            .map(child -> TestContent.descriptor(MediaTypes.OCI_MANIFEST, child, 7))
            .toList());
  }

  private List<Digest> present(Repository repository, Digest... digests) {
    return List.of(digests).stream()
        .filter(digest -> manifests().find(repository, digest).isPresent())
        .toList();
  }

  /** Everything that a manifest names can be pulled. */
  private void assertBlobsOf(Repository repository, Digest digest) {
    List<String> named =
        content.texts(
            "SELECT child FROM manifest_edge WHERE repository_id = ? AND parent = ? AND kind <> 'manifest'",
            repository.id(),
            digest.toString());
    assertThat(named).isNotEmpty();
    for (String child : named) {
      Blob blob = blobs().find(repository, Digest.parse(child)).orElseThrow();
      assertThat(Digest.sha256(content.bytes(blob))).isEqualTo(blob.digest());
    }
  }

  /** Of a registry whose content nobody else has. */
  private void assertNothingIsLeft(Repository repository) {
    RepositoryName name = repository.name();
    assertThat(content.count("FROM deletion WHERE registry_id = ?", repository.registryId()))
        .as(name.value())
        .isZero();
    for (String table : List.of("deleted_manifest", "deleted_manifest_blob", "registry_content")) {
      assertThat(content.count("FROM " + table + " WHERE registry_id = ?", repository.registryId()))
          .as(table)
          .isZero();
    }
    // What other tests have left may become due meanwhile.
    for (int i = 0; i < 5 && content.count("FROM object_removal") > 0; i++) {
      content.clock.advance(Duration.ofMinutes(2));
      node().reclaim();
    }
    assertThat(content.count("FROM object_removal")).isZero();
    assertThat(
            content.count(
                "FROM blob b WHERE NOT EXISTS (SELECT 1 FROM repository_blob l WHERE l.digest = b.digest)"
                    + " AND NOT EXISTS (SELECT 1 FROM deleted_manifest_blob h WHERE h.digest = b.digest)"))
        .isZero();
    assertThat(
            content.count(
                "FROM manifest m WHERE NOT EXISTS (SELECT 1 FROM repository_manifest l WHERE l.digest = m.digest)"
                    + " AND NOT EXISTS (SELECT 1 FROM deleted_manifest h WHERE h.digest = m.digest)"))
        .isZero();
    assertThat(node().usage.of(repository.registryId()).physicalBytes()).isZero();
  }
}
