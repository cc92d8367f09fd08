package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.KIM;
import static io.hatoba.server.content.TestContent.bytes;
import static io.hatoba.server.content.TestContent.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.ErrorCode;
import io.hatoba.server.content.ContentFixture.Engine;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SqliteUploadsTest extends UploadsContract {
  @Override
  Engine engine() {
    return Engine.SQLITE;
  }

  /**
   * On a full disk, for example. Only here: on PostgreSQL an upload is written down before its
   * client is told of it.
   */
  @ParameterizedTest
  @ValueSource(ints = {100, 5_000})
  void whyAnUploadCouldNotBeWrittenDownIsToldToThoseWhoAlreadyGoOnWithIt(int size) {
    Repository repository = content.repository();
    byte[] sent = bytes(size);
    Digest digest = Digest.sha256(sent);

    CountDownLatch finishing = new CountDownLatch(1);
    String finished = startInVain(repository, finishing);
    assertThat(
            refused(
                    ErrorCode.UNAVAILABLE,
                    () ->
                        uploads()
                            .finish(
                                repository,
                                finished,
                                digest,
                                Optional.empty(),
                                announced(finishing, sent)))
                .message())
        .contains("cannot be reached");
    CountDownLatch appending = new CountDownLatch(1);
    String appended = startInVain(repository, appending);
    assertThat(
            refused(
                    ErrorCode.UNAVAILABLE,
                    () ->
                        uploads()
                            .append(
                                repository, appended, Optional.empty(), announced(appending, sent)))
                .message())
        .contains("cannot be reached");
    refused(ErrorCode.UNAVAILABLE, () -> uploads().status(repository, finished));
    assertThat(uploadsOf(repository)).isZero();
  }

  private String startInVain(Repository repository, CountDownLatch known) {
    content.spy.failWriteBehind(known);
    return uploads().start(repository, KIM, DigestAlgorithm.SHA256).id();
  }

  /** A body of which it is announced that somebody begins to read it. */
  private static ByteSource announced(CountDownLatch begun, byte[] bytes) {
    ArrayDeque<byte[]> rest = new ArrayDeque<>(List.of(bytes));
    return () -> {
      begun.countDown();
      return rest.isEmpty() ? List.of() : List.of(ByteBuffer.wrap(rest.remove()));
    };
  }
}
