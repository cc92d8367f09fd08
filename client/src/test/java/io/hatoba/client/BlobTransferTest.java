package io.hatoba.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.RepositoryName;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlobTransferTest {
  private static final RepositoryName REPOSITORY = RepositoryName.parse("team/app");
  private static final byte[] BLOB = random(100_000);
  private static final Digest DIGEST = Digest.sha256(BLOB);
  private static final String PATH = "/v2/team/app/blobs/" + DIGEST;
  private static final String UPLOADS = "/v2/team/app/blobs/uploads/";

  private final Fast fast = new Fast();

  @Test
  void aCutDownloadGoesOnWhereItStopped() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", PATH).without("Range").body(BLOB).cutAfter(40_000);
      far.expects("GET", PATH)
          .with("Range", "bytes=40000-")
          .answers(206)
          .header("Content-Range", "bytes 40000-99999/100000")
          .body(part(40_000, 100_000))
          .cutAfter(20_000);
      far.expects("GET", PATH)
          .with("Range", "bytes=60000-")
          .answers(206)
          .header("Content-Range", "bytes 60000-99999/100000")
          .body(part(60_000, 100_000));

      try (BlobDownload download = client.blobs(REPOSITORY).get(DIGEST).orElseThrow()) {
        assertThat(download.size()).hasValue(100_000);
        assertThat(download.readAllBytes()).isEqualTo(BLOB);
      }
      assertThat(fast.waits).hasSize(2);
    }
  }

  @Test
  void aDownloadThatIsCutAgainAndAgainEnds() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", PATH).body(BLOB).cutAfter(10);
      far.expects("GET", PATH)
          .answers(206)
          .header("Content-Range", "bytes 10-99999/100000")
          .body(part(10, 100_000))
          .cutAfter(10);
      far.expects("GET", PATH)
          .answers(206)
          .header("Content-Range", "bytes 20-99999/100000")
          .body(part(20, 100_000))
          .cutAfter(10);

      try (BlobDownload download = client.blobs(REPOSITORY).get(DIGEST).orElseThrow()) {
        assertThatThrownBy(download::readAllBytes).isInstanceOf(ConnectionFailedException.class);
      }
    }
  }

  @Test
  void aRegistryThatIgnoresRangesStartsOverUnseen() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", PATH).body(BLOB).cutAfter(40_000);
      far.expects("GET", PATH).with("Range", "bytes=40000-").body(BLOB);

      try (BlobDownload download = client.blobs(REPOSITORY).get(DIGEST).orElseThrow()) {
        assertThat(download.readAllBytes()).isEqualTo(BLOB);
      }
    }
  }

  @Test
  void anotherRangeThanAskedForIsNotTaken() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", PATH).body(BLOB).cutAfter(40_000);
      far.expects("GET", PATH)
          .answers(206)
          .header("Content-Range", "bytes 39999-99999/100000")
          .body(part(39_999, 100_000));

      try (BlobDownload download = client.blobs(REPOSITORY).get(DIGEST).orElseThrow()) {
        assertThatThrownBy(download::readAllBytes)
            .isInstanceOfSatisfying(
                RegistryException.class,
                e -> assertThat(e.reason()).isEqualTo(RegistryException.Reason.PROTOCOL));
      }
    }
  }

  @Test
  void otherBytesThanTheDigestPromisesDoNotReachTheEnd() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      byte[] wrong = BLOB.clone();
      wrong[99_999] ^= 1;
      far.expects("GET", PATH).body(wrong);

      try (BlobDownload download = client.blobs(REPOSITORY).get(DIGEST).orElseThrow()) {
        assertThatThrownBy(download::readAllBytes)
            .isInstanceOfSatisfying(
                RegistryException.class,
                e -> assertThat(e.reason()).isEqualTo(RegistryException.Reason.CORRUPT));
      }
    }
  }

  @Test
  void aStalledDownloadIsResumed() throws IOException {
    ClientSettings impatient =
        fast.settings().with(new Timeouts(Duration.ofSeconds(5), Duration.ofMillis(300)));
    try (FarSide far = new FarSide();
        RegistryClient client =
            RegistryClient.of(far.origin(), Credentials.anonymous(), impatient)) {
      far.expects("GET", PATH).body(BLOB).cutAfter(40_000).thenSilence();
      far.expects("GET", PATH)
          .with("Range", "bytes=40000-")
          .answers(206)
          .header("Content-Range", "bytes 40000-99999/100000")
          .body(part(40_000, 100_000));

      try (BlobDownload download = client.blobs(REPOSITORY).get(DIGEST).orElseThrow()) {
        assertThat(download.readAllBytes()).isEqualTo(BLOB);
      }
    }
  }

  @Test
  void aPartOfABlobIsAskedForAndResumedAsAPart() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", PATH)
          .with("Range", "bytes=1000-1999")
          .answers(206)
          .header("Content-Range", "bytes 1000-1999/100000")
          .body(part(1000, 2000))
          .cutAfter(300);
      far.expects("GET", PATH)
          .with("Range", "bytes=1300-1999")
          .answers(206)
          .header("Content-Range", "bytes 1300-1999/100000")
          .body(part(1300, 2000));

      try (BlobDownload download =
          client.blobs(REPOSITORY).get(DIGEST, new ByteRange(1000, 1000)).orElseThrow()) {
        assertThat(download.readAllBytes()).isEqualTo(part(1000, 2000));
      }
    }
  }

  @Test
  void aPartBehindTheEndIsRefusedAndAnAbsentBlobIsAbsent() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", PATH).answers(416).header("Content-Range", "bytes */100000");
      far.expects("GET", PATH).answers(404);
      far.expects("GET", PATH).answers(404);
      far.expects("HEAD", PATH).answers(404);

      RemoteBlobs blobs = client.blobs(REPOSITORY);
      assertThatThrownBy(() -> blobs.get(DIGEST, new ByteRange(200_000, 1)))
          .isInstanceOfSatisfying(
              RegistryException.class, e -> assertThat(e.status()).isEqualTo(416));
      assertThat(blobs.get(DIGEST, new ByteRange(0, 1))).isEmpty();
      assertThat(blobs.get(DIGEST)).isEmpty();
      assertThat(blobs.size(DIGEST)).isEmpty();
    }
  }

  @Test
  void aBlobIsRedirectedToAnotherHostWithoutTheAuthorization() throws IOException {
    try (FarSide far = new FarSide();
        FarSide store = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", PATH).answers(401).header("WWW-Authenticate", "Basic realm=\"x\"");
      far.expects("GET", PATH)
          .with("Authorization", "Basic a2V5OnNlY3JldA==")
          .answers(307)
          .header("Location", store.origin() + "/bucket/object?signature=abc");
      store.expects("GET", "/bucket/object?signature=abc").without("Authorization").body(BLOB);

      try (InputStream download = client.blobs(REPOSITORY).get(DIGEST).orElseThrow()) {
        assertThat(download.readAllBytes()).isEqualTo(BLOB);
      }
    }
  }

  @Test
  void redirectsInACircleEnd() {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      for (int i = 0; i < 6; i++) {
        far.expects("GET", PATH).answers(302).header("Location", PATH);
      }

      assertThatThrownBy(() -> client.blobs(REPOSITORY).get(DIGEST))
          .hasMessageContaining("redirected without end");
    }
  }

  @Test
  void theAddressesOfARedirectAreCheckedToo() {
    Trust trust =
        new Trust(
            RealmPolicy.OWN_HOST,
            (host, address) -> {
              if (host.equals("localhost")) {
                throw new IOException("not to " + host);
              }
            },
            Optional.empty());
    try (FarSide far = new FarSide();
        RegistryClient client =
            RegistryClient.of(far.origin(), Credentials.anonymous(), fast.settings().with(trust))) {
      far.expects("GET", PATH).answers(307).header("Location", "http://localhost:1/metadata");

      assertThatThrownBy(() -> client.blobs(REPOSITORY).get(DIGEST))
          .hasMessageContaining("not to localhost");
      assertThat(fast.waits).isEmpty();
    }
  }

  @Test
  void aPushIsOneRequestAfterTheUploadIsOpen(@TempDir Path folder) throws IOException {
    Path file = Files.write(folder.resolve("blob"), BLOB);
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("POST", UPLOADS).answers(202).header("Location", UPLOADS + "u1?state=x");
      far.expects("PUT", UPLOADS + "u1?state=x&digest=" + DIGEST)
          .with("Content-Length", "100000")
          .with("Content-Type", "application/octet-stream")
          .withBody(BLOB)
          .answers(201)
          .header("Docker-Content-Digest", DIGEST.toString());

      client.blobs(REPOSITORY).push(DIGEST, BlobSource.of(file));
    }
  }

  @Test
  void aCutPushGoesOnWhereTheRegistrySaysItIs() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("POST", UPLOADS).answers(202).header("Location", UPLOADS + "u1");
      far.expects("PUT", UPLOADS + "u1?digest=" + DIGEST).cutsRequestAfter(30_000);
      far.expects("HEAD", PATH).answers(404);
      far.expects("GET", UPLOADS + "u1")
          .answers(204)
          .header("Location", UPLOADS + "u1b")
          .header("Range", "0-29999");
      far.expects("PATCH", UPLOADS + "u1b")
          .with("Content-Range", "30000-99999")
          .withBody(part(30_000, 100_000))
          .answers(202)
          .header("Location", UPLOADS + "u1c")
          .header("Range", "0-99999");
      far.expects("PUT", UPLOADS + "u1c?digest=" + DIGEST).withBody(new byte[0]).answers(201);

      client.blobs(REPOSITORY).push(DIGEST, BlobSource.of(BLOB));
      assertThat(fast.waits).hasSize(1);
    }
  }

  @Test
  void aPushWhoseAnswerWasLostIsDone() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("POST", UPLOADS).answers(202).header("Location", UPLOADS + "u1");
      far.expects("PUT", UPLOADS + "u1?digest=" + DIGEST).cutsRequestAfter(100_000);
      far.expects("HEAD", PATH).header("Content-Length", "100000");

      client.blobs(REPOSITORY).push(DIGEST, BlobSource.of(BLOB));
    }
  }

  @Test
  void aPushWhoseUploadIsForgottenStartsAnew() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("POST", UPLOADS).answers(202).header("Location", UPLOADS + "u1");
      far.expects("PUT", UPLOADS + "u1?digest=" + DIGEST).answers(503).header("Retry-After", "7");
      far.expects("HEAD", PATH).answers(404);
      far.expects("GET", UPLOADS + "u1").answers(404);
      far.expects("POST", UPLOADS).answers(202).header("Location", UPLOADS + "u2");
      far.expects("PUT", UPLOADS + "u2?digest=" + DIGEST).withBody(BLOB).answers(201);

      client.blobs(REPOSITORY).push(DIGEST, BlobSource.of(BLOB));
      assertThat(fast.waits).containsExactly(Duration.ofSeconds(7));
    }
  }

  @Test
  void chunksAreAsLargeAsTheRegistryWantsAndResumedAfterACut() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("POST", UPLOADS)
          .answers(202)
          .header("OCI-Chunk-Min-Length", "60000")
          .header("Location", UPLOADS + "u1");
      far.expects("PATCH", UPLOADS + "u1")
          .with("Content-Range", "0-59999")
          .cutsRequestAfter(20_000);
      far.expects("GET", UPLOADS + "u1")
          .answers(204)
          .header("Location", UPLOADS + "u1")
          .header("Range", "0-19999");
      far.expects("PATCH", UPLOADS + "u1")
          .with("Content-Range", "20000-79999")
          .withBody(part(20_000, 80_000))
          .answers(202)
          .header("Location", UPLOADS + "u1")
          .header("Range", "0-79999");
      far.expects("PATCH", UPLOADS + "u1")
          .with("Content-Range", "80000-99999")
          .withBody(part(80_000, 100_000))
          .answers(202)
          .header("Location", UPLOADS + "u1")
          .header("Range", "0-99999");
      far.expects("PUT", UPLOADS + "u1?digest=" + DIGEST).answers(201);

      client.blobs(REPOSITORY).push(DIGEST, BlobSource.of(BLOB), new PushStyle.Chunked(1000));
    }
  }

  @Test
  void aChunkInTheWrongPlaceMakesItAskWhereThePlaceIs() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("POST", UPLOADS).answers(202).header("Location", UPLOADS + "u1");
      far.expects("PATCH", UPLOADS + "u1")
          .with("Content-Range", "0-59999")
          .answers(202)
          .header("Location", UPLOADS + "u1");
      far.expects("PATCH", UPLOADS + "u1").with("Content-Range", "60000-99999").answers(416);
      far.expects("GET", UPLOADS + "u1").answers(204).header("Range", "0-39999");
      far.expects("PATCH", UPLOADS + "u1")
          .with("Content-Range", "40000-99999")
          .withBody(part(40_000, 100_000))
          .answers(202);
      far.expects("PUT", UPLOADS + "u1?digest=" + DIGEST).answers(201);

      client.blobs(REPOSITORY).push(DIGEST, BlobSource.of(BLOB), new PushStyle.Chunked(60_000));
    }
  }

  @Test
  void aRefusedPushIsCancelledAndNotTriedAgain() {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("POST", UPLOADS).answers(202).header("Location", UPLOADS + "u1");
      far.expects("PUT", UPLOADS + "u1?digest=" + DIGEST)
          .answers(400)
          .body(
              "{\"errors\":[{\"code\":\"DIGEST_INVALID\",\"message\":\"other bytes\",\"detail\":{\"a\":1}}]}");
      far.expects("DELETE", UPLOADS + "u1").answers(204);

      assertThatThrownBy(() -> client.blobs(REPOSITORY).push(DIGEST, BlobSource.of(BLOB)))
          .isInstanceOfSatisfying(
              RegistryException.class,
              e -> {
                assertThat(e.has(ErrorCode.DIGEST_INVALID)).isTrue();
                assertThat(e.errors())
                    .containsExactly(
                        new ProtocolError("DIGEST_INVALID", "other bytes", "{\"a\":1}"));
              });
    }
  }

  @Test
  void aSourceThatCannotBeReadIsNotTheRegistrysFault() {
    BlobSource broken =
        new BlobSource() {
          @Override
          public long size() {
            return 100;
          }

          @Override
          public InputStream open(long offset) throws IOException {
            throw new IOException("disk on fire");
          }
        };
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("POST", UPLOADS).answers(202).header("Location", UPLOADS + "u1");
      far.expects("PUT", UPLOADS + "u1?digest=" + DIGEST).cutsRequestAfter(100);

      assertThatThrownBy(() -> client.blobs(REPOSITORY).push(DIGEST, broken))
          .isInstanceOf(IOException.class)
          .hasRootCauseMessage("disk on fire");
      assertThat(fast.waits).isEmpty();
    }
  }

  @Test
  void aBlobThatWasStoredAsAnotherIsNoticed() {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("POST", UPLOADS).answers(202).header("Location", UPLOADS + "u1");
      far.expects("PUT", UPLOADS + "u1?digest=" + DIGEST)
          .answers(201)
          .header("Docker-Content-Digest", Digest.sha256(new byte[0]).toString());
      far.expects("DELETE", UPLOADS + "u1").answers(404);

      assertThatThrownBy(() -> client.blobs(REPOSITORY).push(DIGEST, BlobSource.of(BLOB)))
          .isInstanceOfSatisfying(
              RegistryException.class,
              e -> assertThat(e.reason()).isEqualTo(RegistryException.Reason.CORRUPT));
    }
  }

  @Test
  void aPushThatGetsNowhereGivesUp() {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("POST", UPLOADS).answers(202).header("Location", UPLOADS + "u1");
      far.expects("PUT", UPLOADS + "u1?digest=" + DIGEST).answers(500);
      far.expects("HEAD", PATH).answers(404);
      far.expects("GET", UPLOADS + "u1").answers(204).header("Range", "0-0");
      far.expects("DELETE", UPLOADS + "u1").answers(204);
      far.expects("POST", UPLOADS).answers(202).header("Location", UPLOADS + "u2");
      far.expects("PUT", UPLOADS + "u2?digest=" + DIGEST).answers(500);
      far.expects("HEAD", PATH).answers(404);
      far.expects("GET", UPLOADS + "u2").answers(204).header("Range", "0-0");
      far.expects("DELETE", UPLOADS + "u2").answers(204);
      far.expects("POST", UPLOADS).answers(202).header("Location", UPLOADS + "u3");
      far.expects("PUT", UPLOADS + "u3?digest=" + DIGEST).answers(500);
      far.expects("DELETE", UPLOADS + "u3").answers(204);

      assertThatThrownBy(() -> client.blobs(REPOSITORY).push(DIGEST, BlobSource.of(BLOB)))
          .isInstanceOfSatisfying(
              RegistryException.class, e -> assertThat(e.status()).isEqualTo(500));
    }
  }

  @Test
  void anInterruptEndsADownloadAndKeepsTheFlag() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", PATH).body(BLOB).cutAfter(1000).thenSilence();

      try (BlobDownload download = client.blobs(REPOSITORY).get(DIGEST).orElseThrow()) {
        assertThat(download.readNBytes(1000)).hasSize(1000);
        Thread.currentThread().interrupt();
        assertThatThrownBy(download::read).isInstanceOf(InterruptedIOException.class);
        assertThat(Thread.interrupted()).isTrue();
      }
    }
  }

  @Test
  void anUploadOnAnotherHostGetsNoAuthorization() throws IOException {
    try (FarSide far = new FarSide();
        FarSide store = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("POST", UPLOADS).answers(401).header("WWW-Authenticate", "Basic realm=\"x\"");
      far.expects("POST", UPLOADS).answers(202).header("Location", store.origin() + "/up");
      store
          .expects("PUT", "/up?digest=" + DIGEST)
          .without("Authorization")
          .withBody(BLOB)
          .answers(201);

      client.blobs(REPOSITORY).push(DIGEST, BlobSource.of(BLOB));
    }
  }

  @Test
  void theAlgorithmIsNamedWhenItIsNotTheUsualOne() throws IOException {
    Digest digest = Digest.of(DigestAlgorithm.SHA512, BLOB);
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("POST", UPLOADS + "?digest-algorithm=sha512")
          .answers(202)
          .header("Location", UPLOADS + "u1");
      // As distribution 3 answers: another algorithm's digest is no contradiction.
      far.expects("PUT", UPLOADS + "u1?digest=" + digest)
          .answers(201)
          .header("Docker-Content-Digest", DIGEST.toString());

      client.blobs(REPOSITORY).push(digest, BlobSource.of(BLOB));
    }
  }

  @Test
  void aMountThatIsNotPossibleLeavesAnUploadToUseOrCancel() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("POST", UPLOADS + "?mount=" + DIGEST)
          .answers(202)
          .header("Location", UPLOADS + "u1");
      far.expects("DELETE", UPLOADS + "u1").answers(204);

      Mount mount = client.blobs(REPOSITORY).mount(DIGEST, Optional.empty());
      assertThat(mount).isInstanceOf(Mount.Started.class);
      if (mount instanceof Mount.Started(UploadSession session)) {
        assertThat(session.cancel()).isTrue();
      }
    }
  }

  private static byte[] part(int from, int to) {
    return Arrays.copyOfRange(BLOB, from, to);
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(4711).nextBytes(bytes);
    return bytes;
  }
}
