package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.KIM;
import static io.hatoba.server.content.TestContent.atOnce;
import static io.hatoba.server.content.TestContent.body;
import static io.hatoba.server.content.TestContent.broken;
import static io.hatoba.server.content.TestContent.bytes;
import static io.hatoba.server.content.TestContent.join;
import static io.hatoba.server.content.TestContent.refused;
import static io.hatoba.server.content.TestContent.thenDo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.content.ContentFixture.Node;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link Uploads} promises. */
abstract class UploadsContract extends ContentContract {
  private static final int INLINE = TestConfig.INLINE;
  private static final Optional<Uploads.Range> AT_END = Optional.empty();

  @Test
  void anUploadInOneRequestIsReadAsItWasSent() {
    Repository repository = content.repository();
    byte[] small = bytes(10);
    byte[] large = bytes(300_000);

    Blob inline = push(repository, small);
    Blob stored = push(repository, large);

    assertThat(inline.body()).isInstanceOf(Blob.Inline.class);
    assertThat(stored.body()).isInstanceOf(Blob.Stored.class);
    assertThat(content.bytes(inline)).isEqualTo(small);
    assertThat(content.bytes(stored)).isEqualTo(large);
    assertThat(stored.size()).isEqualTo(300_000);
    assertThat(blobs().find(repository, stored.digest())).contains(stored);
    content.clock.advance(Duration.ofHours(1));
    node().reclaim();
    assertThat(uploadsOf(repository)).isZero();
  }

  @ParameterizedTest
  @CsvSource({"0,0", "0,1", "1,1", "1,2", "1000,999", "1000,1000", "1000,1001"})
  void whatIsAsLongAsTheInlineSizeStaysInTheDatabase(int inline, int size) {
    Repository repository = content.repository();
    byte[] sent = bytes(size);
    byte[] resumed = bytes(size);
    try (Node other = content.another(TestConfig.DEFAULT.withInline(inline))) {
      Blob atOnce = other.uploads.put(repository, KIM, Digest.sha256(sent), body(sent));
      Uploads.Status upload = other.uploads.start(repository, KIM, DigestAlgorithm.SHA256);
      other.uploads.append(repository, upload.id(), AT_END, body(resumed));
      Blob inPieces =
          other.uploads.finish(
              repository, upload.id(), Digest.sha256(resumed), AT_END, ByteSource.EMPTY);

      // The blob of no bytes is one and the same for all of these.
      Class<?> expected = size <= inline ? Blob.Inline.class : Blob.Stored.class;
      assertThat(atOnce.body()).isInstanceOf(expected);
      assertThat(inPieces.body()).isInstanceOf(expected);
      assertThat(content.bytes(atOnce)).isEqualTo(sent);
      assertThat(content.bytes(inPieces)).isEqualTo(resumed);
    }
  }

  @Test
  void piecesThatCrossTheInlineSizeMoveToAnObject() {
    Repository repository = content.repository();
    List<byte[]> pieces = List.of(bytes(400), bytes(500), bytes(90_000), bytes(7), bytes(100_000));
    String upload = start(repository);

    long received = 0;
    for (byte[] piece : pieces) {
      received += piece.length;
      Uploads.Status status = uploads().append(repository, upload, AT_END, body(piece));
      assertThat(status.received()).isEqualTo(received);
      assertThat(status.owner()).isEqualTo(KIM.principal());
      assertThat(uploads().status(repository, upload)).isEqualTo(status);
    }
    byte[] whole = join(pieces.toArray(byte[][]::new));
    Blob blob = finish(repository, upload, whole);

    assertThat(content.bytes(blob)).isEqualTo(whole);
  }

  @Test
  void theLastPieceMayComeWithTheClosingRequest() {
    Repository repository = content.repository();
    byte[] first = bytes(5_000);
    byte[] last = bytes(6_000);
    String upload = start(repository);
    uploads().append(repository, upload, AT_END, body(first));

    Blob blob =
        uploads()
            .finish(
                repository,
                upload,
                Digest.sha256(join(first, last)),
                range(5_000, 6_000),
                body(last));

    assertThat(content.bytes(blob)).isEqualTo(join(first, last));
  }

  @ParameterizedTest
  @ValueSource(ints = {300, 3_000})
  void anUploadGoesOnAfterARestart(int size) {
    Repository repository = content.repository();
    byte[] first = bytes(size);
    byte[] second = bytes(40_000);
    byte[] third = bytes(30);
    String upload = start(repository);
    uploads().append(repository, upload, AT_END, body(first));
    content.restart();

    assertThat(uploads().status(repository, upload).received()).isEqualTo(size);
    uploads().append(repository, upload, range(size, second.length), body(second));
    content.restart();
    uploads().append(repository, upload, AT_END, body(third));
    Blob blob = finish(repository, upload, join(first, second, third));
    content.restart();

    assertThat(blobs().find(repository, blob.digest())).contains(blob);
    assertThat(content.bytes(blob)).isEqualTo(join(first, second, third));
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 2_000})
  void aChunkThatDoesNotStartAtTheEndIsRefusedAndTheUploadStaysValid(int size) {
    Repository repository = content.repository();
    byte[] first = bytes(size);
    byte[] second = bytes(10);
    String upload = start(repository);
    uploads().append(repository, upload, range(0, size), body(first));

    for (long wrong : List.of(0L, size - 1L, size + 1L)) {
      Refusal refusal =
          refused(
              ErrorCode.RANGE_INVALID,
              () -> uploads().append(repository, upload, range(wrong, 10), body(second)));
      assertThat(refusal.detail()).isEqualTo(upload);
      refused(
          ErrorCode.RANGE_INVALID,
          () ->
              uploads()
                  .finish(
                      repository, upload, Digest.sha256(first), range(wrong, 10), body(second)));
    }
    assertThat(uploads().status(repository, upload).received()).isEqualTo(size);
    uploads().append(repository, upload, range(size, 10), body(second));
    assertThat(content.bytes(finish(repository, upload, join(first, second))))
        .isEqualTo(join(first, second));
  }

  @ParameterizedTest
  @CsvSource({"100,200", "2000,200", "2000,5000", "0,5000", "100,5000"})
  void aBodyThatIsNotAsLongAsItsRangeLeavesNothing(int before, int size) {
    Repository repository = content.repository();
    byte[] first = bytes(before);
    String upload = start(repository);
    uploads().append(repository, upload, AT_END, body(first));

    for (int said : List.of(size - 1, size + 1)) {
      refused(
          ErrorCode.SIZE_INVALID,
          () -> uploads().append(repository, upload, range(before, said), body(bytes(size))));
      refused(
          ErrorCode.SIZE_INVALID,
          () ->
              uploads()
                  .finish(
                      repository,
                      upload,
                      Digest.sha256(first),
                      range(before, said),
                      body(bytes(size / 2), bytes(size - size / 2))));
    }

    assertThat(uploads().status(repository, upload).received()).isEqualTo(before);
    byte[] right = bytes(size);
    uploads().append(repository, upload, range(before, size), body(right));
    assertThat(content.bytes(finish(repository, upload, join(first, right))))
        .isEqualTo(join(first, right));
  }

  @ParameterizedTest
  @CsvSource({"100,200", "100,5000", "5000,200", "0,5000"})
  void aBodyThatBreaksOffKeepsWhatArrived(int before, int arrived) {
    Repository repository = content.repository();
    byte[] first = bytes(before);
    byte[] part = bytes(arrived);
    byte[] rest = bytes(1_500);
    String upload = start(repository);
    uploads().append(repository, upload, AT_END, body(first));

    assertThatThrownBy(() -> uploads().append(repository, upload, AT_END, broken(part)))
        .isInstanceOf(ByteSource.BodyAbortedException.class);

    assertThat(uploads().status(repository, upload).received()).isEqualTo(before + arrived);
    uploads().append(repository, upload, range(before + arrived, rest.length), body(rest));
    assertThat(content.bytes(finish(repository, upload, join(first, part, rest))))
        .isEqualTo(join(first, part, rest));
  }

  @Test
  void aClosingRequestThatBreaksOffKeepsWhatArrived() {
    Repository repository = content.repository();
    byte[] part = bytes(5_000);
    String upload = start(repository);

    assertThatThrownBy(
            () -> uploads().finish(repository, upload, Digest.sha256(part), AT_END, broken(part)))
        .isInstanceOf(ByteSource.BodyAbortedException.class);

    assertThat(uploads().status(repository, upload).received()).isEqualTo(5_000);
    assertThat(content.bytes(finish(repository, upload, part))).isEqualTo(part);
  }

  @Test
  void anUploadInOneRequestThatBreaksOffLeavesNothing() {
    Repository repository = content.repository();
    Map<String, Long> before = content.objects();
    byte[] part = bytes(5_000);

    assertThatThrownBy(
            () -> uploads().put(repository, KIM, Digest.sha256(part), broken(part, bytes(10))))
        .isInstanceOf(ByteSource.BodyAbortedException.class);
    assertThatThrownBy(() -> uploads().put(repository, KIM, Digest.sha256(part), broken(bytes(10))))
        .isInstanceOf(ByteSource.BodyAbortedException.class);

    assertThat(blobs().find(repository, Digest.sha256(part))).isEmpty();
    assertThat(uploadsOf(repository)).isZero();
    assertThat(content.objects()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 5_000})
  void anotherDigestThanTheBytesHaveIsRefusedAndTheUploadIsGone(int size) {
    Repository repository = content.repository();
    Map<String, Long> before = content.objects();
    byte[] sent = bytes(size);
    Digest wrong = Digest.sha256(bytes(size));
    String upload = start(repository);
    uploads().append(repository, upload, AT_END, body(sent));

    Refusal refusal =
        refused(
            ErrorCode.DIGEST_INVALID,
            () -> uploads().finish(repository, upload, wrong, AT_END, ByteSource.EMPTY));
    refused(ErrorCode.DIGEST_INVALID, () -> uploads().put(repository, KIM, wrong, body(sent)));

    assertThat(refusal.detail()).isEqualTo(wrong.toString());
    refused(ErrorCode.BLOB_UPLOAD_UNKNOWN, () -> uploads().status(repository, upload));
    assertThat(blobs().find(repository, wrong)).isEmpty();
    assertThat(blobs().find(repository, Digest.sha256(sent))).isEmpty();
    assertThat(content.objects()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 5_000})
  void aRepeatedClosingRequestSucceedsAgainForAWhile(int size) {
    Repository repository = content.repository();
    byte[] sent = bytes(size);
    String upload = start(repository);
    uploads().append(repository, upload, AT_END, body(sent));
    Blob blob = finish(repository, upload, sent);

    assertThat(finish(repository, upload, sent)).isEqualTo(blob);
    content.restart();
    assertThat(finish(repository, upload, sent)).isEqualTo(blob);
    refused(
        ErrorCode.BLOB_UPLOAD_UNKNOWN,
        () ->
            uploads()
                .finish(repository, upload, Digest.sha256(bytes(5)), AT_END, ByteSource.EMPTY));
    refused(ErrorCode.BLOB_UPLOAD_UNKNOWN, () -> uploads().status(repository, upload));
    refused(
        ErrorCode.BLOB_UPLOAD_UNKNOWN,
        () -> uploads().append(repository, upload, AT_END, body(bytes(5))));

    content.clock.advance(Duration.ofHours(1));
    node().reclaim();
    refused(ErrorCode.BLOB_UPLOAD_UNKNOWN, () -> finish(repository, upload, sent));
    assertThat(uploadsOf(repository)).isZero();
    assertThat(content.bytes(blob)).isEqualTo(sent);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 100, 5_000})
  void theAlgorithmMayBeDecidedByTheClosingRequest(int size) {
    Repository repository = content.repository();
    byte[] sent = bytes(size);
    Digest digest = Digest.of(DigestAlgorithm.SHA512, sent);
    String upload = start(repository);
    if (size > 0) {
      uploads().append(repository, upload, AT_END, body(sent));
    }

    Blob blob = uploads().finish(repository, upload, digest, AT_END, ByteSource.EMPTY);

    assertThat(blob.digest()).isEqualTo(digest);
    assertThat(content.bytes(blob)).isEqualTo(sent);
    assertThat(blobs().find(repository, digest)).contains(blob);
    byte[] other = bytes(size + 1);
    Digest otherDigest = Digest.of(DigestAlgorithm.SHA512, other);
    assertThat(uploads().put(repository, KIM, otherDigest, body(other)).digest())
        .isEqualTo(otherDigest);
  }

  @Test
  void anUploadThatWasOpenedForSha512IsFinishedWithEither() {
    Repository repository = content.repository();
    byte[] sent = bytes(5_000);
    for (DigestAlgorithm algorithm : DigestAlgorithm.values()) {
      String upload = uploads().start(repository, KIM, DigestAlgorithm.SHA512).id();
      uploads().append(repository, upload, AT_END, body(sent));
      content.restart();

      Digest digest = Digest.of(algorithm, sent);
      assertThat(uploads().finish(repository, upload, digest, AT_END, ByteSource.EMPTY).digest())
          .isEqualTo(digest);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 100, 5_000})
  void aCancelledUploadIsGoneWithWhatItReceived(int size) {
    Repository repository = content.repository();
    Map<String, Long> before = content.objects();
    String upload = start(repository);
    uploads().append(repository, upload, AT_END, body(bytes(size)));

    uploads().cancel(repository, upload);

    refused(ErrorCode.BLOB_UPLOAD_UNKNOWN, () -> uploads().status(repository, upload));
    refused(ErrorCode.BLOB_UPLOAD_UNKNOWN, () -> uploads().cancel(repository, upload));
    assertThat(uploadsOf(repository)).isZero();
    assertThat(content.objects()).isEqualTo(before);
  }

  @Test
  void anUploadIsUnknownToOtherRepositories() {
    Repository repository = content.repository();
    Repository other = content.repository();
    String upload = start(repository);

    refused(ErrorCode.BLOB_UPLOAD_UNKNOWN, () -> uploads().status(other, upload));
    refused(
        ErrorCode.BLOB_UPLOAD_UNKNOWN,
        () -> uploads().append(other, upload, AT_END, body(bytes(5))));
    refused(ErrorCode.BLOB_UPLOAD_UNKNOWN, () -> uploads().cancel(other, upload));
    refused(ErrorCode.BLOB_UPLOAD_UNKNOWN, () -> finish(other, upload, new byte[0]));
    refused(ErrorCode.BLOB_UPLOAD_UNKNOWN, () -> uploads().status(repository, "x".repeat(5_000)));

    assertThat(uploads().status(repository, upload).received()).isZero();
  }

  @Test
  void anUploadThatNobodyGoesOnWithExpires() {
    Repository repository = content.repository();
    Map<String, Long> before = content.objects();
    String small = start(repository);
    String large = start(repository);
    uploads().append(repository, small, AT_END, body(bytes(10)));
    uploads().append(repository, large, AT_END, body(bytes(5_000)));
    content.clock.advance(Duration.ofHours(23));
    uploads().append(repository, small, AT_END, body(bytes(10)));

    content.clock.advance(Duration.ofHours(2));
    refused(ErrorCode.BLOB_UPLOAD_UNKNOWN, () -> uploads().status(repository, large));
    refused(
        ErrorCode.BLOB_UPLOAD_UNKNOWN,
        () -> uploads().append(repository, large, AT_END, body(bytes(10))));
    node().reclaim();
    assertThat(uploads().status(repository, small).received()).isEqualTo(20);
    assertThat(uploadsOf(repository)).isEqualTo(1);
    assertThat(content.objects()).isEqualTo(before);

    content.clock.advance(Duration.ofHours(24));
    node().reclaim();
    assertThat(uploadsOf(repository)).isZero();
  }

  @Test
  void oneRequestWritesAtATime() {
    Repository repository = content.repository();
    byte[] sent = bytes(5_000);
    String upload = start(repository);
    AtomicBoolean refusedMeanwhile = new AtomicBoolean();
    Runnable others =
        () -> {
          refused(
              ErrorCode.TOOMANYREQUESTS,
              () -> uploads().append(repository, upload, AT_END, body(bytes(10))));
          refused(ErrorCode.TOOMANYREQUESTS, () -> finish(repository, upload, sent));
          refused(ErrorCode.TOOMANYREQUESTS, () -> uploads().cancel(repository, upload));
          assertThat(uploads().status(repository, upload).received()).isZero();
          refusedMeanwhile.set(true);
        };

    uploads().append(repository, upload, AT_END, thenDo(others, sent));

    assertThat(refusedMeanwhile).isTrue();
    assertThat(content.bytes(finish(repository, upload, sent))).isEqualTo(sent);
  }

  @Test
  void aRequestIsNotExpiredWhileItRuns() {
    Repository repository = content.repository();
    byte[] sent = bytes(5_000);
    String upload = start(repository);

    uploads()
        .append(
            repository,
            upload,
            AT_END,
            thenDo(
                () -> {
                  content.clock.advance(Duration.ofHours(30));
                  node().reclaim();
                },
                sent));

    assertThat(content.bytes(finish(repository, upload, sent))).isEqualTo(sent);
  }

  @Test
  void ofManyRequestsAtOnceEachIsCarriedOutOrRefused() {
    Repository repository = content.repository();
    String upload = start(repository);
    byte[] first = bytes(2_000);
    uploads().append(repository, upload, AT_END, body(first));
    byte[] second = bytes(3_000);
    List<Callable<String>> requests = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      requests.add(
          () -> {
            try {
              uploads().append(repository, upload, range(2_000, 3_000), body(second));
              return "appended";
            } catch (RefusedException e) {
              return e.refusal().code().name();
            }
          });
    }

    List<String> answers = atOnce(requests);

    assertThat(answers).containsOnlyOnce("appended");
    assertThat(answers).isSubsetOf("appended", "TOOMANYREQUESTS", "RANGE_INVALID");
    assertThat(content.bytes(finish(repository, upload, join(first, second))))
        .isEqualTo(join(first, second));
  }

  /** A process that ended between naming the object in the row and writing how far it came. */
  @ParameterizedTest
  @ValueSource(ints = {0, 800})
  void aMoveToAnObjectThatBrokeOffIsDoneAgain(int size) {
    Repository repository = content.repository();
    byte[] first = bytes(size);
    byte[] second = bytes(5_000);
    String upload = start(repository);
    if (size > 0) {
      uploads().append(repository, upload, AT_END, body(first));
    }
    String lost = "0123456789abcdef0123456789abcdef";
    content
        .database()
        .write(
            handle ->
                handle.execute("UPDATE upload SET object_key = ? WHERE id = ?", lost, upload));

    assertThat(uploads().status(repository, upload).received()).isEqualTo(size);
    uploads().append(repository, upload, AT_END, body(second));
    Blob blob = finish(repository, upload, join(first, second));

    assertThat(content.bytes(blob)).isEqualTo(join(first, second));
    node().reclaim();
    assertThat(content.count("FROM object_removal WHERE object_key = ?", lost)).isZero();
  }

  @Test
  void aMoveToAnObjectThatBrokeOffDoesNotMatterToASmallBlob() {
    Repository repository = content.repository();
    byte[] first = bytes(INLINE - 1);
    byte[] second = bytes(1);
    String upload = start(repository);
    uploads().append(repository, upload, AT_END, body(first));
    content
        .database()
        .write(
            handle ->
                handle.execute(
                    "UPDATE upload SET object_key = ? WHERE id = ?", "f".repeat(32), upload));

    uploads().append(repository, upload, AT_END, body(second));
    Blob blob = finish(repository, upload, join(first, second));

    assertThat(blob.body()).isInstanceOf(Blob.Inline.class);
    node().reclaim();
    assertThat(content.count("FROM object_removal WHERE object_key = ?", "f".repeat(32))).isZero();
  }

  @Test
  void anObjectThatTheStorageLostEndsTheUpload() throws Exception {
    Repository repository = content.repository();
    byte[] first = bytes(5_000);
    String upload = start(repository);
    uploads().append(repository, upload, AT_END, body(first));
    content.deleteObjectOf(upload);

    refused(
        ErrorCode.BLOB_UPLOAD_UNKNOWN,
        () -> uploads().append(repository, upload, AT_END, body(bytes(10))));
    refused(ErrorCode.BLOB_UPLOAD_UNKNOWN, () -> uploads().status(repository, upload));
    assertThat(uploadsOf(repository)).isZero();
  }

  static Optional<Uploads.Range> range(long first, long length) {
    return Optional.of(new Uploads.Range(first, first + length - 1));
  }

  String start(Repository repository) {
    return uploads().start(repository, KIM, DigestAlgorithm.SHA256).id();
  }

  Blob finish(Repository repository, String upload, byte[] whole) {
    return uploads().finish(repository, upload, Digest.sha256(whole), AT_END, ByteSource.EMPTY);
  }

  long uploadsOf(Repository repository) {
    return content.count("FROM upload WHERE repository_id = ?", repository.id());
  }
}
