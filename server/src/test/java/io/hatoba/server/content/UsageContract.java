package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.KIM;
import static io.hatoba.server.content.TestContent.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Tag;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What registries and images hold. Each test has a registry of its own. */
abstract class UsageContract extends ContentContract {
  @Test
  void anEmptyRegistryHoldsNothing() {
    long registry = content.registry("usage-empty");
    assertThat(usage().of(registry)).isEqualTo(new Usage.OfRegistry(registry, 0, 0, 0, 0, 0));
    assertThat(usage().of(987_654_321L).physicalBytes()).isZero();
  }

  @Test
  void whatTwoImagesShareCountsOnceForTheRegistryAndInEachImage() {
    content.registry("usage-shared");
    Repository first = content.repository("usage-shared");
    Repository second = content.repository("usage-shared");
    Blob config = push(first, bytes(50));
    Blob layer = push(first, bytes(5_000));
    TestContent.Json manifest = TestContent.image(config, layer);
    push(first, manifest, "one", "two");
    long size = 5_050L + manifest.bytes().length;
    assertThat(usage().of(first.registryId()))
        .isEqualTo(new Usage.OfRegistry(first.registryId(), 2, 1, 2, size, size));

    assertThat(blobs().mount(second, config.digest(), first)).isTrue();
    push(second, content.bytes(layer));
    push(second, manifest, "one");
    assertThat(usage().of(first.registryId()))
        .isEqualTo(new Usage.OfRegistry(first.registryId(), 2, 2, 3, 2 * size, size));
    assertThat(usage().of(second).sizeBytes()).isEqualTo(size);
    assertThat(usage().of(second).tagCount()).isEqualTo(1);
  }

  @Test
  void anotherRegistryCountsItsOwn() {
    content.registry("usage-own-a");
    content.registry("usage-own-b");
    Repository one = content.repository("usage-own-a");
    Repository other = content.repository("usage-own-b");
    Blob blob = push(one, bytes(700));
    assertThat(blobs().mount(other, blob.digest(), one)).isTrue();
    var both = usage().ofAll(List.of(one.registryId(), other.registryId()));
    assertThat(both.values())
        .extracting(Usage.OfRegistry::registryId, Usage.OfRegistry::physicalBytes)
        .containsExactlyInAnyOrder(tuple(one.registryId(), 700L), tuple(other.registryId(), 700L));
  }

  @Test
  void pushingAgainChangesNothingButTheTime() {
    content.registry("usage-again");
    Repository repository = content.repository("usage-again");
    TestContent.Json manifest = image(repository);
    push(repository, manifest, "latest");
    Usage.OfRegistry before = usage().of(repository.registryId());
    Usage.OfImage imageBefore = usage().of(repository);
    content.clock.advance(Duration.ofMinutes(1));
    push(repository, manifest, "latest");
    assertThat(usage().of(repository.registryId())).isEqualTo(before);
    Usage.OfImage imageAfter = usage().of(repository);
    assertThat(imageAfter.sizeBytes()).isEqualTo(imageBefore.sizeBytes());
    assertThat(imageAfter.pushedAt()).contains(content.clock.instant());
    assertThat(imageBefore.pushedAt()).isPresent().isNotEqualTo(imageAfter.pushedAt());
  }

  @Test
  void whoRemovesTheLastLinkTakesTheBytesAway() {
    content.registry("usage-gone");
    content.keepNothing("usage-gone");
    Repository first = content.repository("usage-gone");
    Repository second = content.repository("usage-gone");
    Blob blob = push(first, bytes(800));
    push(second, content.bytes(blob));
    TestContent.Json manifest = image(first);
    Digest digest = push(first, manifest, "a", "b");
    long others = 110L + manifest.bytes().length;

    assertThat(blobs().delete(first, blob.digest())).isTrue();
    assertThat(usage().of(first.registryId()).physicalBytes()).isEqualTo(800 + others);
    assertThat(blobs().delete(second, blob.digest())).isTrue();
    assertThat(usage().of(first.registryId()).physicalBytes()).isEqualTo(others);
    assertThat(node().tags.delete(first, new Tag("a"), KIM)).isPresent();
    assertThat(usage().of(first.registryId()).tagCount()).isEqualTo(1);
    assertThat(delete(first, digest)).isTrue();
    assertThat(usage().of(first.registryId()))
        .isEqualTo(new Usage.OfRegistry(first.registryId(), 2, 0, 0, 110, 110));
    assertThat(usage().of(second).sizeBytes()).isZero();
  }

  @Test
  void bytesThatAreABlobAndAManifestAreStoredTwiceAndCountTwice() {
    content.registry("usage-both");
    Repository repository = content.repository("usage-both");
    TestContent.Json manifest = image(repository);
    push(repository, manifest);
    push(repository, manifest.bytes());
    assertThat(usage().of(repository.registryId()).physicalBytes())
        .isEqualTo(110 + 2L * manifest.bytes().length);
  }

  @Test
  void foldingChangesNoAnswerAndMakesTheTotalsOfTheListsComplete() {
    content.registry("usage-fold");
    Repository repository = content.repository("usage-fold");
    for (int i = 0; i < 5; i++) {
      push(repository, image(repository), "t" + i);
    }
    Usage.OfRegistry before = usage().of(repository.registryId());
    Usage.OfImage imageBefore = usage().of(repository);
    usage().settle(repository.registryId());
    assertThat(content.count("FROM usage_delta WHERE registry_id = ?", repository.registryId()))
        .isZero();
    assertThat(usage().of(repository.registryId())).isEqualTo(before);
    assertThat(usage().of(repository)).isEqualTo(imageBefore);
    assertThat(
            content.count(
                "FROM repository_usage WHERE repository_id = ? AND artifact_count = 5 AND tag_count = 5 AND logical_bytes = ? AND pushed_at = ?",
                repository.id(),
                imageBefore.sizeBytes(),
                content.clock.instant()))
        .isEqualTo(1);
  }

  @Test
  void aRefusedPushLeavesNothing() {
    content.registry("usage-refused");
    Repository repository = content.repository("usage-refused");
    TestContent.Json manifest = image(repository);
    push(repository, manifest, "kept");
    Usage.OfRegistry before = usage().of(repository.registryId());
    TestContent.Json incomplete =
        TestContent.image(
            new Blob(Digest.sha256(bytes(9)), 9, new Blob.Inline(bytes(9))),
            push(repository, bytes(0)));
    TestContent.refused(ErrorCode.MANIFEST_BLOB_UNKNOWN, () -> push(repository, incomplete, "new"));
    assertThat(usage().of(repository.registryId())).isEqualTo(before);
  }

  @Test
  void theHistoryHasEachDayAndCarriesTheLastOneOn() {
    long registry = content.registry("usage-history");
    Repository repository = content.repository("usage-history");
    LocalDate first = today();
    push(repository, bytes(100));
    assertThat(usage().history(registry, first, first))
        .containsExactly(new Usage.Day(first, 100, 100));
    content.clock.advance(Duration.ofDays(3));
    push(repository, bytes(20));
    assertThat(usage().history(registry, first.minusDays(2), first.plusDays(9)))
        .containsExactly(
            new Usage.Day(first, 100, 100),
            new Usage.Day(first.plusDays(1), 100, 100),
            new Usage.Day(first.plusDays(2), 100, 100),
            new Usage.Day(first.plusDays(3), 120, 120));
    assertThat(usage().history(registry, first.plusDays(1), first.plusDays(1)))
        .containsExactly(new Usage.Day(first.plusDays(1), 100, 100));

    content.clock.advance(Duration.ofDays(402));
    usage().forgetDays();
    assertThat(content.count("FROM usage_day WHERE registry_id = ?", registry)).isEqualTo(1);
    assertThat(usage().history(registry, today(), today()))
        .containsExactly(new Usage.Day(today(), 120, 120));
  }

  @Test
  void ofADeletedRegistryNothingIsKept() {
    long registry = content.registry("usage-deleted");
    Repository repository = content.repository("usage-deleted");
    push(repository, image(repository), "latest");
    usage().settle(registry);
    push(repository, bytes(7));
    int calls = 1;
    while (forgetSome(registry)) {
      calls++;
    }
    assertThat(calls).isGreaterThan(3);
    for (String table :
        List.of(
            "registry_content", "usage_delta", "repository_usage", "usage_day", "registry_usage")) {
      assertThat(content.count("FROM " + table + " WHERE registry_id = ?", registry)).isZero();
    }
    change("DELETE FROM tag WHERE repository_id = " + repository.id());
    change("DELETE FROM repository_manifest WHERE repository_id = " + repository.id());
    change("DELETE FROM repository_blob WHERE repository_id = " + repository.id());
    change("DELETE FROM manifest_edge WHERE repository_id = " + repository.id());
    change("DELETE FROM tag_history WHERE repository_id = " + repository.id());
    change("DELETE FROM repository WHERE id = " + repository.id());
  }

  private boolean forgetSome(long registry) {
    return content.database().write(handle -> node().ledger.forgetSome(handle, registry, 2));
  }

  @Test
  void theCheckFindsWhatIsCountedWrong() {
    long registry = content.registry("usage-wrong");
    Repository repository = content.repository("usage-wrong");
    Blob blob = push(repository, bytes(300));
    usage().settle(registry);
    change("UPDATE registry_usage SET physical_bytes = 299 WHERE registry_id = " + registry);
    change("UPDATE repository_usage SET tag_count = 1 WHERE registry_id = " + registry);
    change("DELETE FROM registry_content WHERE registry_id = " + registry);
    assertThat(usage().check(registry))
        .containsExactlyInAnyOrder(
            new Usage.Drift("tags", registry, Optional.of(repository.id()), 0, 1),
            new Usage.Drift("physical bytes", registry, Optional.empty(), 300, 299),
            new Usage.Drift("links without a content", registry, Optional.empty(), 0, 1));
    change("UPDATE registry_usage SET physical_bytes = 300 WHERE registry_id = " + registry);
    change("UPDATE repository_usage SET tag_count = 0 WHERE registry_id = " + registry);
    change(
        "INSERT INTO registry_content VALUES (%d, '%s', 'blob', 300)"
            .formatted(registry, blob.digest()));
  }

  private void change(String sql) {
    content.database().write(handle -> handle.execute(sql));
  }

  private LocalDate today() {
    return LocalDate.ofInstant(content.clock.instant(), ZoneOffset.UTC);
  }

  private Usage usage() {
    return node().usage;
  }
}
