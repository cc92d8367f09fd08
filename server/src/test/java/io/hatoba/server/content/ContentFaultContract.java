package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.KIM;
import static io.hatoba.server.content.TestContent.body;
import static io.hatoba.server.content.TestContent.bytes;
import static io.hatoba.server.content.TestContent.join;
import static io.hatoba.server.content.TestContent.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.Tag;
import io.hatoba.server.storage.Fault;
import io.hatoba.server.storage.FaultyStorage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each step of a push fails once, in the storage or in the database: the client is told to try
 * again, does so as the protocol says, and gets there; what was acknowledged before is still there,
 * and nothing is left over.
 */
abstract class ContentFaultContract extends ContentContract {
  private static final Optional<Uploads.Range> AT_END = Optional.empty();
  private static final int MOST_WRITES = 60;

  private final AtomicReference<FaultyStorage> storage = new AtomicReference<>();

  @Override
  ContentFixture fixture(Path dir) {
    return new ContentFixture(
        dir,
        engine(),
        TestConfig.DEFAULT,
        real -> {
          FaultyStorage faulty = new FaultyStorage(real);
          storage.set(faulty);
          return faulty;
        });
  }

  /** Runs before the check for leaks: what has to wait for its time has waited. */
  @Override
  @AfterEach
  void nothingLeaks() {
    storage.get().plan(Fault.Plan.NONE);
    content.clock.advance(Duration.ofHours(25));
    node().reclaim();
    content.clock.advance(Duration.ofMinutes(1)); // for those who may still read
    node().reclaim();
    assertThat(content.count("FROM upload")).isZero();
    assertThat(content.count("FROM object_removal")).isZero();
    assertThat(storage.get().openHandles()).isEmpty();
    super.nothingLeaks();
  }

  static Stream<Arguments> storageFaults() {
    List<Fault> ways =
        List.of(Fault.before(), Fault.after(), Fault.full(100), new Fault.Partial(1, false));
    return Stream.of(
            Arguments.of(Fault.Call.CREATE, 0),
            Arguments.of(Fault.Call.RESUME, 0),
            Arguments.of(Fault.Call.RESUME, 1),
            Arguments.of(Fault.Call.WRITE, 0),
            Arguments.of(Fault.Call.WRITE, 1),
            Arguments.of(Fault.Call.WRITE, 3),
            Arguments.of(Fault.Call.CHECKPOINT, 0),
            Arguments.of(Fault.Call.CHECKPOINT, 1),
            Arguments.of(Fault.Call.FINISH, 0),
            Arguments.of(Fault.Call.READ, 0))
        .flatMap(step -> ways.stream().map(way -> Arguments.of(step.get()[0], step.get()[1], way)));
  }

  @ParameterizedTest
  @MethodSource("storageFaults")
  void aStepOfTheStorageThatFailsOnceOnlyCostsARetry(Fault.Call call, int number, Fault fault) {
    Repository repository = content.repository();
    byte[] before = bytes(5_000);
    Blob acknowledged = push(repository, before);
    byte[][] pieces = {bytes(300), bytes(5_000), bytes(6_000), bytes(10)};
    storage.get().plan(Fault.Plan.once(call, number, fault));

    // The read is of the digest that was asked for late, the resume of the second large piece.
    int refusals = pushInPieces(repository, DigestAlgorithm.SHA512, pieces);

    assertThat(storage.get().faults()).isEqualTo(1);
    assertThat(refusals).isEqualTo(1);
    assertThat(content.bytes(blobs().find(repository, acknowledged.digest()).orElseThrow()))
        .isEqualTo(before);
  }

  static Stream<Arguments> faultsOfOneRequest() {
    return storageFaults()
        .filter(
            step ->
                Objects.equals(step.get()[1], 0)
                    && step.get()[0] != Fault.Call.RESUME
                    && step.get()[0] != Fault.Call.CHECKPOINT
                    && step.get()[0] != Fault.Call.READ);
  }

  @ParameterizedTest
  @MethodSource("faultsOfOneRequest")
  void anUploadInOneRequestThatFailsLeavesNothingAndIsRepeated(
      Fault.Call call, int number, Fault fault) {
    Repository repository = content.repository();
    byte[] sent = bytes(5_000);
    storage.get().plan(Fault.Plan.once(call, number, fault));

    refused(ErrorCode.UNAVAILABLE, () -> push(repository, sent));

    assertThat(storage.get().faults()).isEqualTo(1);
    assertThat(blobs().find(repository, Digest.sha256(sent))).isEmpty();
    assertThat(content.count("FROM upload")).isZero();
    content.assertNoLeaks();
    assertThat(content.bytes(push(repository, sent))).isEqualTo(sent);
  }

  @Test
  void aFullDiskIsNamedAndSmallThingsGoOn() {
    Repository repository = content.repository();
    storage.get().plan(Fault.Plan.always(Fault.Call.WRITE, Fault.full(50)));

    for (int i = 0; i < 3; i++) {
      assertThat(refused(ErrorCode.UNAVAILABLE, () -> push(repository, bytes(5_000))).message())
          .contains("full");
    }
    push(repository, image(repository), "v1");
    storage.get().plan(Fault.Plan.NONE);
    push(repository, bytes(5_000));
  }

  /** What cannot be removed now is removed later, and the client does not notice. */
  @ParameterizedTest
  @MethodSource("faultsOfRemoval")
  void anObjectThatCannotBeRemovedIsRemovedLater(Fault fault) {
    Repository repository = content.repository();
    byte[] sent = bytes(5_000);
    Blob blob = push(repository, sent);
    int objects = content.objects().size();
    storage.get().plan(Fault.Plan.always(Fault.Call.DELETE, fault));

    assertThat(push(repository, sent)).isEqualTo(blob);
    refused(
        ErrorCode.DIGEST_INVALID,
        () -> uploads().put(repository, KIM, Digest.sha256(bytes(9)), body(bytes(5_000))));
    String upload = uploads().start(repository, KIM, DigestAlgorithm.SHA256).id();
    uploads().append(repository, upload, AT_END, body(bytes(5_000)));
    uploads().cancel(repository, upload);
    assertThat(content.count("FROM object_removal")).isEqualTo(3);
    node().reclaim();
    assertThat(content.count("FROM object_removal WHERE attempts > 0")).isEqualTo(3);

    storage.get().plan(Fault.Plan.NONE);
    content.clock.advance(Duration.ofHours(1));
    node().reclaim();
    assertThat(content.count("FROM object_removal")).isZero();
    assertThat(content.objects()).hasSize(objects);
    assertThat(content.bytes(blob)).isEqualTo(sent);
  }

  static Stream<Fault> faultsOfRemoval() {
    return Stream.of(Fault.before(), Fault.after());
  }

  /**
   * Every write to the database of a push fails once: the 1st, the 2nd … until there are no more.
   */
  @ParameterizedTest
  @EnumSource(value = SpyDatabase.Fault.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void aWriteToTheDatabaseThatFailsOnceOnlyCostsARetry(SpyDatabase.Fault fault) {
    Repository repository = content.repository();
    int failures = 0;
    for (int number = 0; number < MOST_WRITES; number++) {
      byte[][] pieces = {bytes(300), bytes(5_000), bytes(6_000), bytes(10)};
      content.spy.failWrite(fault, number);
      pushInPieces(repository, DigestAlgorithm.SHA256, pieces);
      if (!content.spy.hasFailed()) {
        break;
      }
      failures++;
    }
    assertThat(failures).isBetween(6, MOST_WRITES - 1);
  }

  @ParameterizedTest
  @EnumSource(value = SpyDatabase.Fault.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void aWriteOfAnUploadInOneRequestThatFailsOnlyCostsARetry(SpyDatabase.Fault fault) {
    Repository repository = content.repository();
    byte[] twice = bytes(5_000);
    int failures = 0;
    for (int number = 0; number < MOST_WRITES; number++) {
      byte[] sent = bytes(5_000);
      content.spy.failWrite(fault, number);
      for (byte[] bytes : List.of(bytes(200), sent, twice)) {
        Blob blob = retried(() -> push(repository, bytes));
        assertThat(content.bytes(blob)).isEqualTo(bytes);
      }
      if (!content.spy.hasFailed()) {
        break;
      }
      failures++;
    }
    assertThat(failures).isBetween(4, MOST_WRITES - 1);
  }

  @Test
  void aClientLearnsThatTheDigestIsWrongAlsoWhenTheObjectCannotBeForgotten() {
    Repository repository = content.repository();
    // The first write claims the object, the second forgets the upload, the third the object.
    content.spy.failWrite(SpyDatabase.Fault.INSTEAD, 2);
    refused(
        ErrorCode.DIGEST_INVALID,
        () -> uploads().put(repository, KIM, Digest.sha256(bytes(9)), body(bytes(5_000))));
    assertThat(content.spy.hasFailed()).isTrue();
    assertThat(content.count("FROM object_removal")).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(value = SpyDatabase.Fault.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void aTagIsWhereItWasOrWhereItShallBe(SpyDatabase.Fault fault) {
    Repository repository = content.repository();
    Tag tag = new Tag("v1");
    Digest first = push(repository, image(repository), "v1");
    TestContent.Json next = image(repository);
    manifests().find(repository, tag);
    boolean done = fault == SpyDatabase.Fault.AFTER_COMMIT;

    content.spy.failWrite(fault, 0);
    refused(ErrorCode.UNAVAILABLE, () -> push(repository, next, "v1"));
    assertThat(manifests().find(repository, tag).orElseThrow().digest())
        .isEqualTo(done ? next.digest() : first);
    assertThat(manifests().find(repository, next.digest()).isPresent()).isEqualTo(done);
    push(repository, next, "v1");
    assertThat(manifests().find(repository, tag).orElseThrow().digest()).isEqualTo(next.digest());

    content.spy.failWrite(fault, 0);
    refused(ErrorCode.UNAVAILABLE, () -> node().tags.delete(repository, tag, KIM));
    assertThat(manifests().find(repository, tag).isPresent()).isEqualTo(!done);
    content.spy.failWrite(fault, 0);
    refused(ErrorCode.UNAVAILABLE, () -> delete(repository, next.digest()));
    assertThat(manifests().find(repository, next.digest()).isPresent()).isEqualTo(!done);
    assertThat(manifests().find(repository, tag).isPresent()).isEqualTo(!done);
    Blob blob = push(repository, bytes(20));
    blobs().find(repository, blob.digest());
    content.spy.failWrite(fault, 0);
    refused(ErrorCode.UNAVAILABLE, () -> blobs().delete(repository, blob.digest()));
    assertThat(blobs().find(repository, blob.digest()).isPresent()).isEqualTo(!done);
    assertThat(content.spy.hasFailed()).isTrue();
  }

  /** Pushes as a client does that resumes after each refusal; returns how often it was refused. */
  private int pushInPieces(Repository repository, DigestAlgorithm algorithm, byte[]... pieces) {
    byte[] whole = join(pieces);
    Digest digest = Digest.of(algorithm, whole);
    int refusals = 0;
    while (true) {
      try {
        String upload = uploads().start(repository, KIM, DigestAlgorithm.SHA256).id();
        return refusals + resume(repository, upload, digest, whole, pieces);
      } catch (RefusedException e) {
        assertThat(e.refusal().code()).isEqualTo(ErrorCode.UNAVAILABLE);
        refusals++;
      }
    }
  }

  private int resume(
      Repository repository, String upload, Digest digest, byte[] whole, byte[]... pieces) {
    int refusals = 0;
    int end = 0;
    for (byte[] piece : pieces) {
      end += piece.length;
      int received = Math.toIntExact(uploads().status(repository, upload).received());
      while (received < end) {
        try {
          byte[] rest = Arrays.copyOfRange(whole, received, end);
          uploads()
              .append(repository, upload, UploadsContract.range(received, rest.length), body(rest));
        } catch (RefusedException e) {
          assertThat(e.refusal().code()).isEqualTo(ErrorCode.UNAVAILABLE);
          refusals++;
        }
        received = Math.toIntExact(uploads().status(repository, upload).received());
      }
    }
    while (true) {
      try {
        Blob blob = uploads().finish(repository, upload, digest, AT_END, ByteSource.EMPTY);
        assertThat(content.bytes(blob)).isEqualTo(whole);
        assertThat(blobs().find(repository, digest)).contains(blob);
        return refusals;
      } catch (RefusedException e) {
        assertThat(e.refusal().code()).isEqualTo(ErrorCode.UNAVAILABLE);
        refusals++;
      }
    }
  }

  private static <T> T retried(Supplier<T> action) {
    try {
      return action.get();
    } catch (RefusedException e) {
      assertThat(e.refusal().code()).isEqualTo(ErrorCode.UNAVAILABLE);
      return action.get();
    }
  }
}
