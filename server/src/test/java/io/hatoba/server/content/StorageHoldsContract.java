package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.KIM;
import static io.hatoba.server.content.TestContent.body;
import static io.hatoba.server.content.TestContent.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.server.database.Ids;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@link StorageHolds} promises, and that {@link ObjectRemovals} keeps to it. */
abstract class StorageHoldsContract extends ContentContract {
  private static final Duration HOUR = Duration.ofHours(1);

  private StorageHolds holds;

  @BeforeEach
  void nothingHolds() {
    holds = new StorageHolds(content.database(), new Ids(content.clock, 1000), content.clock);
    holds.list().forEach(hold -> holds.release(hold.id()));
  }

  @Test
  void anObjectThatIsOfNoUseStaysUntilTheRelease() {
    StorageHolds.Hold hold = holds.place("a backup", HOUR);
    String useless = useless();
    content.clock.advance(Duration.ofMinutes(50));

    node().reclaim();
    assertThat(content.objects()).containsKey(useless);

    assertThat(holds.release(hold.id())).isTrue();
    node().reclaim();
    assertThat(content.objects()).doesNotContainKey(useless);
    assertThat(content.count("FROM object_removal")).isZero();
  }

  @Test
  void oneOfTwoHoldsIsEnough() {
    StorageHolds.Hold first = holds.place("a backup", HOUR);
    holds.place("another", HOUR);
    String useless = useless();

    holds.release(first.id());
    node().reclaim();

    assertThat(content.objects()).containsKey(useless);
  }

  @Test
  void aHoldEndsByItselfUnlessItIsPutOff() {
    StorageHolds.Hold hold = holds.place("a backup", HOUR);
    String useless = useless();
    content.clock.advance(HOUR.minusMillis(1));
    assertThat(holds.extend(hold.id(), HOUR)).isTrue();
    content.clock.advance(HOUR.minusMillis(1));
    node().reclaim();
    assertThat(content.objects()).containsKey(useless);

    content.clock.advance(Duration.ofMillis(1));
    assertThat(holds.extend(hold.id(), HOUR)).isFalse();
    assertThat(holds.release(hold.id())).isFalse();
    assertThat(holds.list()).isEmpty();
    node().reclaim();

    assertThat(content.objects()).doesNotContainKey(useless);
  }

  @Test
  void thoseInForceAreListed() {
    Instant now = content.clock.instant();
    StorageHolds.Hold later = holds.place("the later one", HOUR.multipliedBy(2));
    StorageHolds.Hold sooner = holds.place("the sooner one", HOUR);

    assertThat(holds.list()).containsExactly(sooner, later);
    assertThat(sooner.reason()).isEqualTo("the sooner one");
    assertThat(sooner.createdAt()).isEqualTo(now);
    assertThat(sooner.expiresAt()).isEqualTo(now.plus(HOUR));
  }

  @Test
  void whatEndedLongAgoIsForgotten() {
    holds.place("a backup", HOUR);
    content.clock.advance(Duration.ofDays(8));
    holds.place("another", HOUR);

    assertThat(content.count("FROM storage_hold")).isEqualTo(1);
  }

  /** The key of an object whose row has gone. */
  private String useless() {
    Repository repository = content.repository();
    String upload = uploads().start(repository, KIM, DigestAlgorithm.SHA256).id();
    byte[] part = bytes(5_000);
    uploads().append(repository, upload, Optional.empty(), body(part));
    String key = content.texts("SELECT object_key FROM upload WHERE id = ?", upload).getFirst();
    uploads().cancel(repository, upload);
    assertThat(content.objects()).containsKey(key);
    assertThat(blobs().find(repository, Digest.sha256(part))).isEmpty();
    return key;
  }
}
