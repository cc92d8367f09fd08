package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.body;
import static io.hatoba.server.content.TestContent.broken;
import static io.hatoba.server.content.TestContent.bytes;
import static io.hatoba.server.content.TestContent.join;
import static io.hatoba.server.content.TestContent.refused;
import static io.hatoba.server.content.TestContent.thenDo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.server.content.ContentFixture.Engine;
import io.hatoba.server.content.ContentFixture.Node;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** With PostgreSQL, other processes write to the same uploads. */
final class PostgresUploadsTest extends UploadsContract {
  @Override
  Engine engine() {
    return Engine.POSTGRESQL;
  }

  @Test
  void anotherNodeGoesOnWithAnUpload() {
    Repository repository = content.repository();
    byte[] first = bytes(3_000);
    byte[] second = bytes(4_000);
    byte[] third = bytes(10);
    String upload = start(repository);
    try (Node other = content.another(TestConfig.DEFAULT)) {
      uploads().append(repository, upload, Optional.empty(), body(first));
      other.uploads.append(repository, upload, range(3_000, 4_000), body(second));
      uploads().append(repository, upload, range(7_000, 10), body(third));
      Blob blob =
          other.uploads.finish(
              repository,
              upload,
              Digest.sha256(join(first, second, third)),
              Optional.empty(),
              ByteSource.EMPTY);

      assertThat(content.bytes(blob)).isEqualTo(join(first, second, third));
      assertThat(finish(repository, upload, join(first, second, third))).isEqualTo(blob);
    }
  }

  @Test
  void whileOneNodeWritesAnotherIsRefused() {
    Repository repository = content.repository();
    byte[] sent = bytes(3_000);
    String upload = start(repository);
    try (Node other = content.another(TestConfig.DEFAULT)) {
      uploads()
          .append(
              repository,
              upload,
              Optional.empty(),
              thenDo(
                  () ->
                      refused(
                          ErrorCode.TOOMANYREQUESTS,
                          () ->
                              other.uploads.append(
                                  repository, upload, Optional.empty(), body(bytes(2_000)))),
                  sent));
    }

    assertThat(content.bytes(finish(repository, upload, sent))).isEqualTo(sent);
  }

  @Test
  void anotherNodeTakesOverWhenTheClaimHasExpiredAndTheFirstLearnsIt() {
    Repository repository = content.repository();
    byte[] first = bytes(3_000);
    byte[] second = bytes(4_000);
    String upload = start(repository);
    uploads().append(repository, upload, Optional.empty(), body(first));
    try (Node other = content.another(TestConfig.DEFAULT)) {
      Runnable takeOver =
          () -> {
            content.clock.advance(Uploads.CLAIM.plus(Duration.ofSeconds(1)));
            other.uploads.append(repository, upload, range(3_000, 4_000), body(second));
          };
      refused(
          ErrorCode.RANGE_INVALID,
          () ->
              uploads()
                  .append(repository, upload, Optional.empty(), thenDo(takeOver, bytes(2_000))));

      assertThat(uploads().status(repository, upload).received()).isEqualTo(7_000);
      assertThat(content.bytes(finish(repository, upload, join(first, second))))
          .isEqualTo(join(first, second));
    }
  }

  @Test
  void aNodeThatWasKilledGoesOnWithWhatItHadClaimed() {
    Repository repository = content.repository();
    byte[] sent = bytes(3_000);
    String upload = start(repository);
    uploads().append(repository, upload, Optional.empty(), body(sent));
    content.claim(upload, content.node().id, content.clock.instant().plus(Uploads.CLAIM));
    try (Node other = content.another(TestConfig.DEFAULT)) {
      refused(
          ErrorCode.TOOMANYREQUESTS,
          () -> other.uploads.append(repository, upload, Optional.empty(), body(bytes(10))));
    }

    content.restart();

    assertThat(content.bytes(finish(repository, upload, sent))).isEqualTo(sent);
  }

  @Test
  void aNodeThatLostItsClaimCannotFinish() {
    Repository repository = content.repository();
    byte[] first = bytes(3_000);
    byte[] second = bytes(4_000);
    String upload = start(repository);
    try (Node other = content.another(TestConfig.DEFAULT)) {
      Runnable takeOver =
          () -> {
            content.clock.advance(Uploads.CLAIM.plus(Duration.ofSeconds(1)));
            other.uploads.append(repository, upload, Optional.empty(), body(second));
          };
      refused(
          ErrorCode.RANGE_INVALID,
          () ->
              uploads()
                  .finish(
                      repository,
                      upload,
                      Digest.sha256(first),
                      Optional.empty(),
                      thenDo(takeOver, first)));

      assertThat(blobs().find(repository, Digest.sha256(first))).isEmpty();
      assertThat(content.bytes(finish(repository, upload, second))).isEqualTo(second);
    }
  }

  @Test
  void aRequestThatBroughtNothingLeavesTheUploadToOthers() {
    Repository repository = content.repository();
    byte[] sent = bytes(3_000);
    String upload = start(repository);
    assertThatThrownBy(() -> uploads().append(repository, upload, Optional.empty(), broken()))
        .isInstanceOf(ByteSource.BodyAbortedException.class);
    try (Node other = content.another(TestConfig.DEFAULT)) {
      other.uploads.append(repository, upload, Optional.empty(), body(sent));
    }

    assertThat(content.bytes(finish(repository, upload, sent))).isEqualTo(sent);
  }
}
