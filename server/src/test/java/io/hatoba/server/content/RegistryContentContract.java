package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.KIM;
import static io.hatoba.server.content.TestContent.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.server.content.RegistryContent.Progress;
import io.hatoba.server.startup.NodeId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.Test;

/** What {@link RegistryContent} promises. */
abstract class RegistryContentContract extends ContentContract {
  private static final TagGuard KEEPS_RELEASES =
      (_, _, tag, _, to) ->
          tag.name().startsWith("release") && to.isEmpty()
              ? Optional.of(new Refusal.Denied("releases stay", tag.name()))
              : Optional.empty();

  @Test
  void aRegistryIsEmptyUntilSomethingIsPushed() {
    long id = content.registry("fresh");
    RegistryContent removal = removal();
    assertThat(content.database().<Boolean>read(handle -> removal.isEmpty(handle, id))).isTrue();

    content.repository("fresh");

    assertThat(content.database().<Boolean>read(handle -> removal.isEmpty(handle, id))).isFalse();
  }

  @Test
  void whatTheGuardsKeepIsNamed() {
    long id = content.registry("kept");
    Repository first = content.repository("kept");
    Repository second = content.repository("kept");
    push(first, image(first), "v1", "release-1");
    push(second, image(second), "release-1", "release-2");
    Repository other = content.repository();
    push(other, image(other), "release-9");

    assertThat(removal(KEEPS_RELEASES).refusals(id, 20))
        .containsExactly(
            new RegistryContent.Refused(first.name().value(), "release-1", "releases stay"),
            new RegistryContent.Refused(second.name().value(), "release-1", "releases stay"),
            new RegistryContent.Refused(second.name().value(), "release-2", "releases stay"));
    assertThat(removal(KEEPS_RELEASES).refusals(id, 2)).hasSize(2);
    assertThat(removal().refusals(id, 20)).isEmpty();
  }

  @Test
  void moreThanAPieceIsRemovedInSeveral() {
    long id = content.registry("large");
    Repository repository = content.repository("large");
    String[] tags = new String[1500];
    for (int i = 0; i < tags.length; i++) {
      tags[i] = "t" + i;
    }
    push(repository, image(repository), tags);
    Repository small = content.repository("large");
    push(small, image(small), "v1");
    content.database().write(handle -> mark(handle, id));
    assertThat(node().repositories.find(repository.name(), false)).isEmpty();

    int pieces = 1;
    while (removal().removeSome(id) == Progress.MORE) {
      pieces++;
    }

    assertThat(pieces).isBetween(3, 10); // tags and their history
    assertThat(left(id)).isZero();
  }

  @Test
  void anUploadThatIsWrittenToStaysUntilItsClaimRunsOut() {
    long id = content.registry("busy");
    Repository repository = content.repository("busy");
    String idle = uploads().start(repository, KIM, DigestAlgorithm.SHA256, Optional.empty()).id();
    String busy = uploads().start(repository, KIM, DigestAlgorithm.SHA256, Optional.empty()).id();
    uploads().append(repository, idle, Optional.empty(), TestContent.body(TestContent.bytes(9)));
    content.claim(busy, new NodeId("another"), content.clock.instant().plus(Duration.ofMinutes(5)));
    content.database().write(handle -> mark(handle, id));

    assertThat(removal().removeSome(id)).isEqualTo(Progress.WAITING);
    assertThat(content.texts("SELECT id FROM upload WHERE repository_id = ?", repository.id()))
        .containsExactly(busy);

    content.clock.advance(Duration.ofMinutes(6));
    assertThat(removal().removeSome(id)).isEqualTo(Progress.DONE);
    assertThat(left(id)).isZero();
  }

  @Test
  void aPushIntoWhatIsGoneIsToldSo() {
    long id = content.registry("gone");
    Repository repository = content.repository("gone");
    TestContent.Json image = image(repository);
    push(repository, image, "v1");
    String upload = uploads().start(repository, KIM, DigestAlgorithm.SHA256, Optional.empty()).id();
    content.database().write(handle -> mark(handle, id));
    while (removal().removeSome(id) != Progress.DONE) {
      // there is more
    }

    refused(ErrorCode.NAME_UNKNOWN, () -> push(repository, image, "v2"));
    refused(ErrorCode.NAME_UNKNOWN, () -> push(repository, TestContent.bytes(20)));
    refused(ErrorCode.NAME_UNKNOWN, () -> push(repository, TestContent.bytes(100_000)));
    refused(ErrorCode.NAME_UNKNOWN, () -> uploads().status(repository, upload));
    refused(
        ErrorCode.NAME_UNKNOWN,
        () ->
            uploads()
                .append(
                    repository, upload, Optional.empty(), TestContent.body(TestContent.bytes(5))));
    assertThat(left(id)).isZero();
    node().reclaim();
  }

  private static int mark(Handle handle, long id) {
    return handle.execute("UPDATE registry SET name = '~' || id, deleted_at = 1 WHERE id = ?", id);
  }

  private long left(long registryId) {
    return content.count("FROM repository WHERE registry_id = ?", registryId)
        + content.count("FROM repository_usage WHERE registry_id = ?", registryId)
        + content.count("FROM usage_delta WHERE registry_id = ?", registryId)
        + content.count("FROM registry_content WHERE registry_id = ?", registryId)
        + content.count("FROM upload WHERE repository_id NOT IN (SELECT id FROM repository)")
        + content.count("FROM tag_history WHERE repository_id NOT IN (SELECT id FROM repository)");
  }

  private RegistryContent removal(TagGuard... guards) {
    return new RegistryContent(
        content.database(),
        node().events,
        node().blobs,
        node().deletions,
        node().removals,
        node().ledger,
        content.clock,
        List.of(guards));
  }
}
