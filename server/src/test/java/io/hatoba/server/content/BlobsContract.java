package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.KIM;
import static io.hatoba.server.content.TestContent.atOnce;
import static io.hatoba.server.content.TestContent.body;
import static io.hatoba.server.content.TestContent.bytes;
import static io.hatoba.server.content.TestContent.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link Blobs} promises. */
abstract class BlobsContract extends ContentContract {
  @ParameterizedTest
  @ValueSource(ints = {500, 200_000})
  void thirtyTwoClientsThatPushOneDigestAllSucceedAndItIsStoredOnce(int size) {
    byte[] sent = bytes(size);
    Digest digest = Digest.sha256(sent);
    int objects = content.objects().size();
    long removals = content.count("FROM object_removal");
    List<Repository> repositories = new ArrayList<>();
    List<Callable<Blob>> pushes = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      Repository repository = i % 4 == 0 ? content.repository() : repositories.getLast();
      repositories.add(repository);
      boolean inPieces = i % 2 == 0;
      pushes.add(
          () -> {
            if (!inPieces) {
              return uploads().put(repository, KIM, digest, body(sent));
            }
            String upload = uploads().start(repository, KIM, DigestAlgorithm.SHA256).id();
            uploads().append(repository, upload, Optional.empty(), body(sent));
            return uploads().finish(repository, upload, digest, Optional.empty(), ByteSource.EMPTY);
          });
    }

    List<Blob> pushed = atOnce(pushes);

    assertThat(new HashSet<>(pushed)).hasSize(1);
    assertThat(content.bytes(pushed.getFirst())).isEqualTo(sent);
    assertThat(repositories)
        .allSatisfy(
            repository -> assertThat(blobs().find(repository, digest)).contains(pushed.getFirst()));
    assertThat(content.count("FROM blob WHERE digest = ?", digest)).isEqualTo(1);
    assertThat(content.count("FROM object_removal")).isEqualTo(removals);
    assertThat(content.objects()).hasSize(objects + (size > TestConfig.INLINE ? 1 : 0));
  }

  @Test
  void aBlobIsReadInItsRepositoryOnly() {
    Repository repository = content.repository();
    Repository other = content.repository();
    Blob blob = push(repository, bytes(30));

    assertThat(blobs().find(repository, blob.digest())).contains(blob);
    assertThat(blobs().findForPush(repository, blob.digest())).contains(blob);
    assertThat(blobs().find(other, blob.digest())).isEmpty();
    assertThat(blobs().findForPush(other, blob.digest())).isEmpty();
    assertThat(blobs().remembered(other, blob.digest())).isEmpty();
  }

  @Test
  void whatIsRememberedIsOnlyWhatNobodyElseCanChange() {
    Repository repository = content.repository();
    Blob blob = push(repository, bytes(30));
    blobs().find(repository, blob.digest());

    boolean alone = content.database().exclusive();
    assertThat(blobs().remembered(repository, blob.digest()).isPresent()).isEqualTo(alone);
    blobs().delete(repository, blob.digest());
    assertThat(blobs().remembered(repository, blob.digest())).isEmpty();
    assertThat(blobs().find(repository, blob.digest())).isEmpty();
  }

  @Test
  void aMountGivesTheRightToReadWhatTheSourceHas() {
    Repository source = content.repository();
    Repository target = content.repository();
    Blob blob = push(source, bytes(2_000));

    assertThat(blobs().mount(target, blob.digest(), source)).isTrue();
    assertThat(blobs().mount(target, blob.digest(), source)).isTrue();
    assertThat(blobs().find(target, blob.digest())).contains(blob);
    assertThat(blobs().mount(target, Digest.sha256(bytes(9)), source)).isFalse();
    assertThat(blobs().mount(source, blob.digest(), content.repository())).isFalse();

    assertThat(blobs().delete(source, blob.digest())).isTrue();
    assertThat(blobs().find(target, blob.digest())).contains(blob);
    assertThat(content.bytes(blob)).hasSize(2_000);
  }

  @Test
  void aMountFromAnywhereTakesWhatTheScopeAllows() {
    Repository source = content.repository("other");
    Repository target = content.repository("team");
    Blob blob = push(source, bytes(2_000));
    Digest digest = blob.digest();

    assertThat(blobs().mountFromAny(target, digest, registries())).isFalse();
    assertThat(blobs().mountFromAny(target, digest, registries(target.registryId()))).isFalse();
    assertThat(blobs().find(target, digest)).isEmpty();
    assertThat(
            blobs()
                .mountFromAny(target, digest, registries(target.registryId(), source.registryId())))
        .isTrue();
    assertThat(blobs().find(target, digest)).contains(blob);

    Repository second = content.repository("team");
    assertThat(blobs().mountFromAny(second, digest, registries(target.registryId()))).isTrue();
    Repository third = content.repository("team");
    assertThat(blobs().mountFromAny(third, digest, new ReadScope.Everything())).isTrue();
    assertThat(blobs().mountFromAny(third, Digest.sha256(bytes(9)), new ReadScope.Everything()))
        .isFalse();
  }

  @Test
  void aPushThatAsksExtendsTheLeaseWhenLessThanHalfIsLeft() {
    Repository repository = content.repository();
    Blob blob = push(repository, bytes(30));
    long pushed = lease(repository, blob);
    assertThat(pushed).isEqualTo(content.clock.millis() + TestConfig.DEFAULT.grace().toMillis());

    content.clock.advance(Duration.ofHours(4));
    blobs().findForPush(repository, blob.digest());
    assertThat(lease(repository, blob)).isEqualTo(pushed);

    content.clock.advance(Duration.ofHours(2));
    blobs().find(repository, blob.digest());
    assertThat(lease(repository, blob)).isEqualTo(pushed);
    assertThat(blobs().findForPush(repository, blob.digest())).contains(blob);
    assertThat(lease(repository, blob)).isEqualTo(pushed + Duration.ofHours(6).toMillis());

    content.clock.advance(Duration.ofHours(2));
    push(repository, content.bytes(blob));
    assertThat(lease(repository, blob)).isEqualTo(pushed + Duration.ofHours(8).toMillis());
    Repository target = content.repository();
    content.clock.advance(Duration.ofHours(1));
    blobs().mount(target, blob.digest(), repository);
    assertThat(lease(target, blob)).isEqualTo(pushed + Duration.ofHours(9).toMillis());
  }

  @Test
  void aBlobThatAManifestNamesIsNotDeleted() {
    Repository repository = content.repository();
    Blob config = push(repository, bytes(30));
    Blob layer = push(repository, bytes(2_000));
    TestContent.Json image = TestContent.image(config, layer);
    push(repository, image);

    for (Blob named : List.of(config, layer)) {
      refused(ErrorCode.DENIED, () -> blobs().delete(repository, named.digest()));
      assertThat(blobs().find(repository, named.digest())).contains(named);
    }
    delete(repository, image.digest());
    assertThat(blobs().delete(repository, layer.digest())).isTrue();
    assertThat(blobs().delete(repository, layer.digest())).isFalse();
    assertThat(blobs().find(repository, layer.digest())).isEmpty();
    assertThat(blobs().find(repository, config.digest())).contains(config);
  }

  /** The blob goes or the manifest comes, never both. */
  @Test
  void aBlobThatIsDeletedWhileAManifestIsPushedIsMissedOrKept() {
    for (int round = 0; round < 20; round++) {
      Repository repository = content.repository();
      Blob config = push(repository, bytes(30));
      Blob layer = push(repository, bytes(30));
      TestContent.Json image = TestContent.image(config, layer);

      List<Boolean> done =
          atOnce(
              List.of(
                  () -> unless(ErrorCode.DENIED, () -> blobs().delete(repository, layer.digest())),
                  () ->
                      unless(
                          ErrorCode.MANIFEST_BLOB_UNKNOWN,
                          () -> push(repository, image).equals(image.digest()))));

      assertThat(done).containsOnlyOnce(true).containsOnlyOnce(false);
      assertThat(manifests().find(repository, image.digest()).isPresent()).isEqualTo(done.get(1));
      assertThat(blobs().find(repository, layer.digest()).isPresent()).isEqualTo(done.get(1));
    }
  }

  static boolean unless(ErrorCode code, Callable<Boolean> action) throws Exception {
    try {
      return action.call();
    } catch (io.hatoba.oci.RefusedException e) {
      if (e.refusal().code() != code) {
        throw e;
      }
      return false;
    }
  }

  private static ReadScope registries(Long... ids) {
    return new ReadScope.Registries(Set.of(ids));
  }

  private long lease(Repository repository, Blob blob) {
    return content
        .database()
        .<Long>read(
            handle ->
                handle
                    .select(
                        "SELECT lease_until FROM repository_blob WHERE repository_id = ? AND digest = ?",
                        repository.id(),
                        blob.digest())
                    .mapTo(Long.class)
                    .one());
  }
}
