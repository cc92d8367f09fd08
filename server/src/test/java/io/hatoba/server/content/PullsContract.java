package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.atOnce;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.Tag;
import java.time.Duration;
import java.util.Collections;
import java.util.Optional;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/** How pulls are gathered. */
abstract class PullsContract extends ContentContract {
  @Test
  void pullsAreCountedByTagAndForTheImage() {
    Repository repository = content.repository();
    Digest digest = push(repository, image(repository), "latest");
    pulls().pulled(repository, digest, Optional.of(new Tag("latest")));
    content.clock.advance(Duration.ofSeconds(5));
    pulls().pulled(repository, digest, Optional.of(new Tag("latest")));
    pulls().pulled(repository, digest, Optional.empty());
    assertThat(content.count("FROM pull_stat WHERE repository_id = ?", repository.id())).isZero();
    pulls().write();
    assertThat(
            content.texts(
                "SELECT tag || ' ' || count FROM pull_stat WHERE repository_id = ? AND digest = ? ORDER BY tag",
                repository.id(),
                digest))
        .containsExactly(" 1", "latest 2");
    assertThat(node().usage.of(repository).pullCount()).isEqualTo(3);
    assertThat(node().usage.of(repository).pulledAt()).contains(content.clock.instant());

    pulls().pulled(repository, digest, Optional.empty());
    pulls().write();
    pulls().write();
    assertThat(node().usage.of(repository).pullCount()).isEqualTo(4);
  }

  @Test
  void manyAtOnceAreAllCounted() {
    Repository repository = content.repository();
    Digest digest = push(repository, image(repository), "latest");
    atOnce(
        Collections.nCopies(
            8,
            () -> {
              for (int i = 0; i < 200; i++) {
                pulls().pulled(repository, digest, Optional.empty());
                if (i % 50 == 0) {
                  pulls().write();
                }
              }
              return digest;
            }));
    pulls().write();
    assertThat(node().usage.of(repository).pullCount()).isEqualTo(1_600);
  }

  @Test
  void whatIsGoneIsNotCountedAndTakesItsCountsAlong() {
    Repository repository = content.repository();
    Digest gone = push(repository, image(repository), "gone");
    Digest kept = push(repository, image(repository), "kept");
    pulls().pulled(repository, gone, Optional.empty());
    pulls().write();
    delete(repository, gone);
    pulls().pulled(repository, gone, Optional.empty());
    pulls().pulled(repository, kept, Optional.empty());
    pulls().write();
    assertThat(
            content.texts("SELECT digest FROM pull_stat WHERE repository_id = ?", repository.id()))
        .containsExactly(kept.toString());
    assertThat(node().usage.of(repository).pullCount()).isEqualTo(2);
  }

  @Test
  void whatCannotBeWrittenIsKeptForTheNextTime() {
    Repository repository = content.repository();
    Digest digest = push(repository, image(repository), "latest");
    pulls().pulled(repository, digest, Optional.empty());
    content.spy.failWrite(SpyDatabase.Fault.INSTEAD, 0);
    Assertions.assertThatThrownBy(() -> pulls().write()).isInstanceOf(RefusedException.class);
    pulls().write();
    assertThat(node().usage.of(repository).pullCount()).isEqualTo(1);
  }

  @Test
  void stoppingWritesWhatIsGathered() {
    Repository repository = content.repository();
    Digest digest = push(repository, image(repository), "latest");
    pulls().pulled(repository, digest, Optional.empty());
    content.restart();
    assertThat(node().usage.of(repository).pullCount()).isEqualTo(1);
  }

  @Test
  void memoryIsBounded() {
    Repository repository = content.repository();
    Digest digest = push(repository, image(repository), "latest");
    for (int i = 0; i <= Pulls.MOST_GATHERED; i++) {
      pulls().pulled(new Repository(-i, 1, repository.name()), digest, Optional.empty());
    }
    pulls().pulled(repository, digest, Optional.empty());
    pulls().write();
    assertThat(node().usage.of(repository).pullCount()).isZero();
    pulls().pulled(repository, digest, Optional.empty());
    pulls().write();
    assertThat(node().usage.of(repository).pullCount()).isEqualTo(1);
  }

  private Pulls pulls() {
    return node().pulls;
  }
}
