package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.Tag;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Pushes as clients do it: asks for each blob, brings what is not there, then the manifest. */
final class RacePush {
  /** How long what a push has asked for stays, at least; half a lease. */
  private final Duration promised;

  private final ContentFixture content;
  private final ContentFixture.Node node;
  private final RaceContent things;
  private final Random random;

  RacePush(ContentFixture content, ContentFixture.Node node, RaceContent things, Random random) {
    this.content = content;
    this.node = node;
    this.things = things;
    this.random = random;
    this.promised = node.config.grace().dividedBy(2);
  }

  /**
   * Pushes blobs and manifest.
   *
   * @return false if it took so long that what it had asked for could go
   * @throws RefusedException if it is refused otherwise
   */
  boolean push(
      Repository repository, RaceContent.Item item, Collection<String> tags, Repository pool) {
    Instant start = content.clock.instant();
    for (Digest blob : item.blobs().stream().sorted().toList()) {
      bring(repository, blob, pool);
    }
    try {
      put(repository, item, tags);
      return true;
    } catch (RefusedException e) {
      Instant now = content.clock.instant();
      if (e.refusal().code() == ErrorCode.MANIFEST_BLOB_UNKNOWN
          && !now.isBefore(start.plus(promised))) {
        return false;
      }
      throw e;
    }
  }

  void put(Repository repository, RaceContent.Item item, Collection<String> tags) {
    node.manifests.put(
        repository,
        TestContent.KIM,
        item.json().type(),
        item.json().bytes(),
        Optional.empty(),
        tags.stream().map(Tag::new).toList(),
        new Manifests.TagCondition.Always());
  }

  void bring(Repository repository, Digest blob, Repository pool) {
    if (random.nextInt(5) > 0 && node.blobs.findForPush(repository, blob).isPresent()) {
      return;
    }
    boolean mounted =
        switch (random.nextInt(4)) {
          case 0 -> node.blobs.mount(repository, blob, pool);
          case 1 -> node.blobs.mountFromAny(repository, blob, new ReadScope.Everything());
          default -> false;
        };
    if (!mounted) {
      byte[] bytes = things.bytes(blob);
      node.uploads.put(repository, TestContent.KIM, blob, TestContent.body(bytes));
    }
  }

  static List<String> with(RaceContent.Item item, String tag) {
    return item.tag().isEmpty() ? List.of(tag) : List.of(item.tag());
  }
}
