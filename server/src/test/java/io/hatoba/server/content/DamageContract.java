package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.bytes;
import static io.hatoba.server.content.TestContent.descriptor;
import static io.hatoba.server.content.TestContent.index;
import static io.hatoba.server.content.TestContent.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.MediaTypes;
import io.hatoba.oci.Tag;
import io.hatoba.server.storage.ObjectKey;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What damaged content is for pulls and pushes, and how a push heals it. */
abstract class DamageContract extends ContentContract {
  @ParameterizedTest
  @ValueSource(ints = {500, 5_000})
  void aDamagedBlobIsRefusedToPullsAndAbsentForPushes(int size) {
    Repository repository = content.repository();
    Repository target = content.repository();
    Blob blob = push(repository, bytes(size));
    blobs().find(repository, blob.digest());

    assertThat(damage().mark(copy(blob), Damage.Problem.WRONG_BYTES)).isTrue();

    assertThat(blobs().remembered(repository, blob.digest())).isEmpty();
    assertThat(
            refused(ErrorCode.BLOB_UNKNOWN, () -> blobs().find(repository, blob.digest()))
                .message())
        .contains("damaged", "pushing it again heals it");
    assertThat(blobs().findForPush(repository, blob.digest())).isEmpty();
    assertThat(blobs().mount(target, blob.digest(), repository)).isFalse();
    assertThat(blobs().mountFromAny(target, blob.digest(), new ReadScope.Everything())).isFalse();
    Blob config = push(repository, bytes(40));
    assertThat(
            refused(
                    ErrorCode.MANIFEST_BLOB_UNKNOWN,
                    () -> push(repository, TestContent.image(config, blob)))
                .detail())
        .isEqualTo(blob.digest().toString());
    refused(
        ErrorCode.MANIFEST_BLOB_UNKNOWN, () -> push(repository, TestContent.image(blob, config)));
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 5_000})
  void aPushOfTheSameDigestHealsItEverywhere(int size) {
    Repository repository = content.repository();
    Repository other = content.repository();
    byte[] sent = bytes(size);
    Blob blob = push(repository, sent);
    damage().mark(copy(blob), Damage.Problem.WRONG_BYTES);
    content.clock.advance(Duration.ofSeconds(1));

    Blob healed = push(other, sent);

    assertThat(content.bytes(healed)).isEqualTo(sent);
    assertThat(blobs().find(repository, blob.digest())).contains(healed);
    assertThat(blobs().findForPush(repository, blob.digest())).contains(healed);
    assertThat(push(repository, sent)).isEqualTo(healed);
    if (blob.body() instanceof Blob.Stored(ObjectKey old)) {
      assertThat(healed.body()).isNotEqualTo(blob.body());
      assertThat(content.texts("SELECT object_key FROM damage WHERE digest = ?", blob.digest()))
          .containsExactly(old.id());
      node().reclaim();
      assertThat(content.objects()).as("is kept aside").containsKey(old.id());
    }
    assertThat(damage().settle())
        .containsExactly(new Damage.Ended(Damage.Kind.BLOB, blob.digest(), Damage.Outcome.HEALED));
    assertThat(damage().settle()).isEmpty();
  }

  @Test
  void whatIsHealedCanBeDamagedAgain() {
    Repository repository = content.repository();
    byte[] sent = bytes(5_000);
    damage().mark(copy(push(repository, sent)), Damage.Problem.SHORT);
    Blob healed = push(repository, sent);

    assertThat(damage().mark(copy(healed), Damage.Problem.MISSING)).isTrue();
    assertThat(damage().mark(copy(healed), Damage.Problem.MISSING)).isFalse();

    assertThat(
            content.texts(
                "SELECT problem || coalesce(outcome, '') FROM damage WHERE digest = ? ORDER BY id",
                healed.digest()))
        .containsExactly("shorthealed", "missing");
  }

  @Test
  void aCopyThatIsNotTheStoredOneAnyMoreIsNotDamage() {
    Repository repository = content.repository();
    Blob blob = push(repository, bytes(5_000));
    Damage.Copy another =
        new Damage.Copy(Damage.Kind.BLOB, blob.digest(), Optional.of(ObjectKey.random()));

    assertThat(damage().mark(another, Damage.Problem.MISSING)).isFalse();
    assertThat(blobs().find(repository, blob.digest())).contains(blob);
  }

  @Test
  void aDamagedManifestIsRefusedUntilItIsPushedAgain() {
    Repository repository = content.repository();
    Repository other = content.repository();
    Blob config = push(repository, bytes(40));
    TestContent.Json image = TestContent.image(config);
    Digest digest = push(repository, image, "v1");
    manifests().find(repository, new Tag("v1"));
    blobs().mount(other, config.digest(), repository);

    assertThat(damage().mark(copy(digest), Damage.Problem.WRONG_BYTES)).isTrue();

    assertThat(manifests().remembered(repository, digest)).isEmpty();
    assertThat(
            refused(ErrorCode.MANIFEST_UNKNOWN, () -> manifests().find(repository, new Tag("v1")))
                .message())
        .contains("damaged", "pushing it again heals it");
    refused(ErrorCode.MANIFEST_UNKNOWN, () -> manifests().find(repository, digest));
    content.clock.advance(Duration.ofSeconds(1));
    push(other, image);
    assertThat(manifests().find(repository, new Tag("v1")).orElseThrow().bytes())
        .isEqualTo(image.bytes());
    assertThat(damage().settle())
        .containsExactly(new Damage.Ended(Damage.Kind.MANIFEST, digest, Damage.Outcome.HEALED));
  }

  @Test
  void anIndexThatNamesADamagedManifestIsStoredWithItsWholeSize() {
    Repository repository = content.repository();
    TestContent.Json image = TestContent.image(push(repository, bytes(40)));
    Digest child = push(repository, image);
    TestContent.Json index =
        index(List.of(descriptor(MediaTypes.OCI_MANIFEST, child, image.bytes().length)));
    damage().mark(copy(child), Damage.Problem.WRONG_BYTES);

    Digest parent = push(repository, index);

    assertThat(
            content.texts(
                "SELECT CAST(total_size AS TEXT) FROM repository_manifest WHERE digest = ?",
                parent))
        .containsExactly(Long.toString(index.bytes().length + image.bytes().length + 40));
  }

  @Test
  void whatIsDiscardedGoesWithTheObjectThatWasKeptAside() {
    Repository repository = content.repository();
    byte[] sent = bytes(5_000);
    Blob blob = push(repository, sent);
    damage().mark(copy(blob), Damage.Problem.WRONG_BYTES);
    long id =
        Long.parseLong(
            content
                .texts("SELECT CAST(id AS TEXT) FROM damage WHERE digest = ?", blob.digest())
                .getFirst());
    refused(ErrorCode.CONFLICT, () -> damage().discard(id));
    push(repository, sent);
    damage().settle();

    assertThat(damage().discard(id)).isTrue();
    assertThat(damage().discard(id)).isFalse();
    node().reclaim();

    assertThat(content.objects()).doesNotContainKey(copy(blob).object().orElseThrow().id());
    assertThat(content.bytes(blobs().find(repository, blob.digest()).orElseThrow()))
        .isEqualTo(sent);
  }

  private Damage damage() {
    return node().damage;
  }

  private static Damage.Copy copy(Blob blob) {
    return new Damage.Copy(
        Damage.Kind.BLOB,
        blob.digest(),
        blob.body() instanceof Blob.Stored(ObjectKey key) ? Optional.of(key) : Optional.empty());
  }

  private static Damage.Copy copy(Digest manifest) {
    return new Damage.Copy(Damage.Kind.MANIFEST, manifest, Optional.empty());
  }
}
