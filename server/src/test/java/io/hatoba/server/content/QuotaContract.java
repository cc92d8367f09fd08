package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.KIM;
import static io.hatoba.server.content.TestContent.atOnce;
import static io.hatoba.server.content.TestContent.body;
import static io.hatoba.server.content.TestContent.bytes;
import static io.hatoba.server.content.TestContent.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** What registries may hold. Each test has a registry of its own. */
abstract class QuotaContract extends ContentContract {
  private static final ByteSource UNREAD =
      () -> {
        throw new AssertionError("the body was read");
      };

  @Test
  void aPushBeyondTheQuotaIsRefusedAndSaysHowMuchIsUsed() {
    Repository repository = registryOf("quota-full", 1_000);
    push(repository, bytes(900));
    Refusal refusal = refused(ErrorCode.DENIED, () -> push(repository, bytes(101)));
    assertThat(refusal.detail())
        .isEqualTo("registry=quota-full quotaBytes=1000 usedBytes=900 addedBytes=101");
    push(repository, bytes(100));
    assertThat(used(repository)).isEqualTo(1_000);
  }

  @Test
  void aManifestBeyondTheQuotaIsRefused() {
    Repository repository = registryOf("quota-manifest", 200);
    TestContent.Json manifest = image(repository);
    refused(ErrorCode.DENIED, () -> push(repository, manifest, "latest"));
    assertThat(manifests().find(repository, manifest.digest())).isEmpty();
    assertThat(used(repository)).isEqualTo(110);
    assertThat(node().usage.check(repository.registryId())).isEmpty();
  }

  @Test
  void whatTheRegistryHasAlreadyCostsNothing() {
    Repository repository = registryOf("quota-again", 5_000);
    Repository other = content.repository("quota-again");
    Blob blob = push(repository, bytes(4_900));
    TestContent.Json manifest = TestContent.image(push(repository, bytes(0)), blob);
    setQuota(repository, Optional.of(4_900L + manifest.bytes().length));
    push(repository, manifest);
    push(other, content.bytes(blob));
    assertThat(blobs().mount(other, Digest.sha256(bytes(0)), repository)).isTrue();
    push(other, manifest, "latest");
    assertThat(node().usage.of(other).artifactCount()).isEqualTo(1);
    refused(ErrorCode.DENIED, () -> push(other, bytes(1)));
  }

  @Test
  void aMountFromAnotherRegistryCounts() {
    Repository repository = registryOf("quota-mount", 100);
    Repository source = content.repository("other");
    Blob blob = push(source, bytes(101));
    refused(ErrorCode.DENIED, () -> blobs().mount(repository, blob.digest(), source));
    assertThat(blobs().find(repository, blob.digest())).isEmpty();
  }

  @Test
  void whatCannotFitIsRefusedBeforeItsBytesAreRead() {
    Repository repository = registryOf("quota-early", 1_000);
    push(repository, bytes(950));
    byte[] tooMuch = bytes(2_000);
    Digest digest = Digest.sha256(tooMuch);
    refused(
        ErrorCode.DENIED,
        () -> uploads().put(repository, KIM, digest, UNREAD.announcing(tooMuch.length)));
    String upload = uploads().start(repository, KIM, DigestAlgorithm.SHA256).id();
    refused(
        ErrorCode.DENIED,
        () ->
            uploads()
                .append(repository, upload, Optional.empty(), UNREAD.announcing(tooMuch.length)));
    refused(ErrorCode.BLOB_UPLOAD_UNKNOWN, () -> uploads().status(repository, upload));
  }

  @Test
  void aBodyOfUnknownLengthIsBrokenOffWhenItCannotFitAnyMore() {
    Repository repository = registryOf("quota-stream", 10_000);
    push(repository, bytes(6_000));
    String upload = uploads().start(repository, KIM, DigestAlgorithm.SHA256).id();
    // Up to 6,000 bytes it may be the blob that is there.
    List<ByteBuffer> piece = List.of(ByteBuffer.wrap(bytes(1_000)));
    int[] read = {0};
    ByteSource endless =
        () -> {
          read[0]++;
          return List.of(piece.getFirst().duplicate());
        };
    refused(
        ErrorCode.DENIED, () -> uploads().append(repository, upload, Optional.empty(), endless));
    assertThat(read[0]).isEqualTo(7);
    assertThat(content.count("FROM upload WHERE id = ?", upload)).isZero();
  }

  @Test
  void anUploadOfAKnownDigestIsNotOpenedInAFullRegistry() {
    Repository repository = registryOf("quota-start", 500);
    Repository other = content.repository("quota-start");
    Blob blob = push(repository, bytes(500));
    setQuota(repository, Optional.of(500L));
    Digest unknown = Digest.sha256(bytes(3));
    refused(
        ErrorCode.DENIED,
        () -> uploads().start(other, KIM, DigestAlgorithm.SHA256, Optional.of(unknown)));
    assertThat(
            uploads()
                .start(other, KIM, DigestAlgorithm.SHA256, Optional.of(blob.digest()))
                .received())
        .isZero();
    refused(ErrorCode.DENIED, () -> uploads().put(other, KIM, unknown, body(bytes(3))));
  }

  @Test
  void manyPushesAtOnceNeverExceedTheQuota() {
    Repository repository = registryOf("quota-crowd", 20_000);
    List<Callable<Boolean>> pushes = new ArrayList<>();
    for (int i = 0; i < 48; i++) {
      Repository own = content.repository("quota-crowd");
      byte[] bytes = bytes(900 + i);
      pushes.add(() -> fits(own, bytes));
    }
    long stored = atOnce(pushes).stream().filter(fits -> fits).count();
    // 48 times 900 do not fit, but as many as do are there.
    assertThat(used(repository)).isLessThanOrEqualTo(20_000).isGreaterThan(20_000 - 950);
    assertThat(stored).isBetween(21L, 22L);
    assertThat(node().usage.check(repository.registryId())).isEmpty();
  }

  @Test
  void smallPushesFarFromTheQuotaAndLargeOnesTogetherNeverExceedIt() {
    // So large that small pushes share the lock until the last 64 MiB.
    long quota = (64L << 20) + 40_000;
    Repository repository = registryOf("quota-mixed", quota);
    List<Callable<Boolean>> pushes = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      Repository own = content.repository("quota-mixed");
      byte[] bytes = bytes(i % 10 == 0 ? 200_000 + i : 1_000 + i);
      pushes.add(() -> fits(own, bytes));
    }
    // As if nearly all were used by one blob; the model of the rest stays what it is.
    long before = (64L << 20) - 300_000;
    add(repository, before);
    List<Boolean> stored = atOnce(pushes);
    assertThat(used(repository)).isLessThanOrEqualTo(quota).isGreaterThan(quota - 201_000);
    assertThat(stored).contains(true, false);
    add(repository, -before);
  }

  @Test
  void theLastOnesThatShareTakeTurnsFromThereOn() {
    // 2 GiB: the margin is 102 MiB. What is used jumps past it while all believe it is far.
    long quota = 2L << 30;
    Repository repository = registryOf("quota-jump", quota);
    push(repository, bytes(10));
    add(repository, quota - 30_000);
    List<Callable<Boolean>> pushes = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      Repository own = content.repository("quota-jump");
      byte[] bytes = bytes(1_000 + i);
      pushes.add(() -> fits(own, bytes));
    }
    assertThat(atOnce(pushes)).contains(true, false);
    assertThat(used(repository)).isLessThanOrEqualTo(quota).isGreaterThan(quota - 1_100);
    add(repository, 30_000 - quota);
  }

  /** As if a blob of this size had been pushed by another server, or removed again. */
  private void add(Repository repository, long bytes) {
    content
        .database()
        .write(
            handle ->
                handle.execute(
                    "INSERT INTO usage_delta (registry_id, repository_id, images, artifacts, tags, logical_bytes, physical_bytes, pushed_at) VALUES (?, ?, 0, 0, 0, 0, ?, 0)",
                    repository.registryId(),
                    repository.id(),
                    bytes));
  }

  @Test
  void aQuotaBelowWhatIsThereRefusesOnlyWhatIsNew() {
    Repository repository = registryOf("quota-lowered", 1_000);
    Blob blob = push(repository, bytes(600));
    setQuota(repository, Optional.of(100L));
    refused(ErrorCode.DENIED, () -> push(repository, bytes(1)));
    push(repository, content.bytes(blob));
    assertThat(blobs().delete(repository, blob.digest())).isTrue();
    push(repository, bytes(100));
    setQuota(repository, Optional.empty());
    push(repository, bytes(5_000));
    assertThat(used(repository)).isEqualTo(5_100);
  }

  @Test
  void crossingIsSaidOnceAndAgainAfterItWasUndone() {
    Repository repository = registryOf("quota-events", 1_000);
    push(repository, bytes(849));
    assertThat(said(repository, 0)).isEmpty();
    Blob second = push(repository, bytes(1));
    assertThat(said(repository, 1)).containsExactly("quota.warning");
    push(repository, bytes(50));
    assertThat(said(repository, 1)).containsExactly("quota.warning");

    for (int i = 0; i < 3; i++) {
      refused(ErrorCode.DENIED, () -> push(repository, bytes(900)));
      node().usage.foldOnce();
    }
    assertThat(said(repository, 2)).containsExactly("quota.warning", "quota.exceeded");

    Blob third = push(repository, bytes(100));
    blobs().delete(repository, second.digest());
    blobs().delete(repository, third.digest());
    refused(ErrorCode.DENIED, () -> push(repository, bytes(900)));
    assertThat(said(repository, 3))
        .containsExactly("quota.warning", "quota.exceeded", "quota.exceeded");

    setQuota(repository, Optional.of(10_000L));
    setQuota(repository, Optional.of(900L));
    assertThat(said(repository, 4))
        .containsExactly("quota.warning", "quota.exceeded", "quota.exceeded", "quota.warning");
  }

  /** What the outbox has of the quota, when it has as much. */
  private List<String> said(Repository repository, int count) {
    node().usage.foldOnce();
    return await()
        .until(
            () ->
                node().events.after(Events.Cursor.START, 1_000_000).stream()
                    .map(Events.Recorded::event)
                    .filter(event -> event.registryId() == repository.registryId())
                    .filter(event -> event.repository().equals(repository.name().registry()))
                    .map(event -> event.kind().identifier())
                    .toList(),
            said -> said.size() >= count);
  }

  private boolean fits(Repository repository, byte[] bytes) {
    try {
      push(repository, bytes);
      return true;
    } catch (RefusedException e) {
      assertThat(e.refusal().code()).isEqualTo(ErrorCode.DENIED);
      return false;
    }
  }

  private Repository registryOf(String name, long quota) {
    content.registry(name);
    Repository repository = content.repository(name);
    setQuota(repository, Optional.of(quota));
    return repository;
  }

  private void setQuota(Repository repository, Optional<Long> quota) {
    content
        .database()
        .write(
            handle -> {
              node().usage.setQuota(handle, repository.registryId(), quota);
              return quota;
            });
  }

  private long used(Repository repository) {
    return node().usage.of(repository.registryId()).physicalBytes();
  }
}
