package io.hatoba.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.oci.Descriptor;
import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.MediaTypes;
import io.hatoba.oci.RepositoryName;
import io.hatoba.oci.Tag;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RemoteRepositoryTest {
  private static final RepositoryName REPOSITORY = RepositoryName.parse("team/app");
  private static final Tag TAG = Tag.parse("v1");
  private static final byte[] BYTES = "{ \"a\":1}\n".getBytes(StandardCharsets.UTF_8);
  private static final Digest DIGEST = Digest.sha256(BYTES);
  private static final String MANIFESTS = "/v2/team/app/manifests/";

  private final Fast fast = new Fast();

  @Test
  void aManifestComesWithItsTypeAndItsExactBytes() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", MANIFESTS + "v1")
          .header("Content-Type", MediaTypes.OCI_MANIFEST + "; charset=utf-8")
          .header("Docker-Content-Digest", DIGEST.toString())
          .body(BYTES);
      far.expects("HEAD", MANIFESTS + DIGEST)
          .header("Content-Type", MediaTypes.OCI_MANIFEST)
          .header("Content-Length", "9");
      far.expects("GET", MANIFESTS + "v1").answers(404);
      far.expects("HEAD", MANIFESTS + "v1").answers(404);

      RemoteRepository repository = client.repository(REPOSITORY);
      FetchedManifest manifest = repository.get(TAG).orElseThrow();
      assertThat(manifest.mediaType()).isEqualTo(MediaTypes.OCI_MANIFEST);
      assertThat(manifest.bytes()).isEqualTo(BYTES);
      assertThat(manifest.digest()).isEqualTo(DIGEST);
      assertThat(repository.head(DIGEST))
          .contains(new ManifestInfo(DIGEST, MediaTypes.OCI_MANIFEST, 9));
      assertThat(repository.get(TAG)).isEmpty();
      assertThat(repository.head(TAG)).isEmpty();
    }
  }

  @Test
  void aManifestWithAnotherDigestIsRefused() {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", MANIFESTS + DIGEST).body("{}");

      assertThatThrownBy(() -> client.repository(REPOSITORY).get(DIGEST))
          .isInstanceOfSatisfying(
              RegistryException.class,
              e -> assertThat(e.reason()).isEqualTo(RegistryException.Reason.CORRUPT));
    }
  }

  @Test
  void aManifestThatIsTooLargeIsNotHeld() {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", MANIFESTS + "v1").body(new byte[5 * 1024 * 1024 + 1]);

      assertThatThrownBy(() -> client.repository(REPOSITORY).get(TAG))
          .isInstanceOfSatisfying(
              RegistryException.class,
              e -> assertThat(e.reason()).isEqualTo(RegistryException.Reason.TOO_LARGE));
    }
  }

  @Test
  void aManifestIsPushedWithTagsAndTellsWhatBecameOfThem() throws IOException {
    Digest subject = Digest.sha256(new byte[] {1});
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("PUT", MANIFESTS + DIGEST + "?tag=v1&tag=v1.2")
          .with("Content-Type", MediaTypes.OCI_MANIFEST)
          .withBody(BYTES)
          .answers(201)
          .header("OCI-Subject", subject.toString())
          .header("OCI-Tag", "v1")
          .header("OCI-Tag", "v1.2");
      far.expects("PUT", MANIFESTS + "v1").withBody(BYTES).answers(201);

      RemoteRepository repository = client.repository(REPOSITORY);
      PushedManifest pushed =
          repository.put(DIGEST, MediaTypes.OCI_MANIFEST, BYTES, List.of(TAG, Tag.parse("v1.2")));
      assertThat(pushed.subject()).contains(subject);
      assertThat(pushed.tags()).containsExactly(TAG, Tag.parse("v1.2"));
      assertThat(repository.put(TAG, MediaTypes.OCI_MANIFEST, BYTES).digest()).isEqualTo(DIGEST);
    }
  }

  @Test
  void aManifestThatWasStoredAsAnotherIsNoticed() {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("PUT", MANIFESTS + "v1")
          .answers(201)
          .header("Docker-Content-Digest", Digest.sha256(new byte[0]).toString());

      assertThatThrownBy(
              () -> client.repository(REPOSITORY).put(TAG, MediaTypes.OCI_MANIFEST, BYTES))
          .isInstanceOfSatisfying(
              RegistryException.class,
              e -> assertThat(e.reason()).isEqualTo(RegistryException.Reason.CORRUPT));
    }
  }

  @Test
  void deletingTellsWhetherThereWasSomething() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("DELETE", MANIFESTS + "v1").answers(202);
      far.expects("DELETE", MANIFESTS + "v1").answers(404);
      far.expects("DELETE", "/v2/team/app/blobs/" + DIGEST).answers(202);

      assertThat(client.repository(REPOSITORY).delete(TAG)).isTrue();
      assertThat(client.repository(REPOSITORY).delete(TAG)).isFalse();
      assertThat(client.blobs(REPOSITORY).delete(DIGEST)).isTrue();
    }
  }

  @Test
  void tagsAreWalkedAlongTheLinks() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", "/v2/team/app/tags/list?n=2")
          .header("Link", "</v2/team/app/tags/list?n=2&last=b>; rel=\"next\"")
          .body("{\"name\":\"team/app\",\"tags\":[\"a\",\"b\"]}");
      far.expects("GET", "/v2/team/app/tags/list?n=2&last=b")
          .header("Link", "<%s/v2/team/app/tags/list?n=2&last=b2>;rel=next".formatted(far.origin()))
          .body("{\"name\":\"team/app\",\"tags\":null}");
      far.expects("GET", "/v2/team/app/tags/list?n=2&last=b2")
          .body("{\"name\":\"team/app\",\"tags\":[\"c\"]}");

      assertThat(client.repository(REPOSITORY).tags(2).all(10))
          .containsExactly(Tag.parse("a"), Tag.parse("b"), Tag.parse("c"));
    }
  }

  @Test
  void referrersAreWalkedAndFilteredAgain() throws IOException {
    Digest signature = Digest.sha256(new byte[] {1});
    Digest other = Digest.sha256(new byte[] {2});
    Digest bill = Digest.sha256(new byte[] {3});
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", "/v2/team/app/referrers/" + DIGEST + "?artifactType=application%2Fsig")
          .with("Accept", MediaTypes.OCI_INDEX)
          .header("Content-Type", MediaTypes.OCI_INDEX)
          .header("Link", "</v2/team/app/referrers/x?next=1>; rel=\"next\"")
          .body(index(referrer(signature, "application/sig"), referrer(other, "application/bom")));
      far.expects("GET", "/v2/team/app/referrers/x?next=1")
          .header("Content-Type", MediaTypes.OCI_INDEX)
          .body(index(referrer(bill, "application/sig")));

      assertThat(
              client
                  .repository(REPOSITORY)
                  .referrers(DIGEST, Optional.of("application/sig"))
                  .all(10))
          .extracting(Descriptor::digest)
          .containsExactly(signature, bill);
    }
  }

  @Test
  void aPageThatIsNoIndexIsNotTakenForReferrers() {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", "/v2/team/app/referrers/" + DIGEST).body("<html>hello</html>");

      assertThatThrownBy(
              () -> client.repository(REPOSITORY).referrers(DIGEST, Optional.empty()).next())
          .isInstanceOfSatisfying(
              RegistryException.class,
              e -> assertThat(e.reason()).isEqualTo(RegistryException.Reason.PROTOCOL));
    }
  }

  @Test
  void aListDoesNotLeadToAnotherHostNorInACircle() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", "/v2/_catalog?n=100")
          .header("Link", "<http://169.254.169.254/v2/_catalog>; rel=\"next\"")
          .body("{\"repositories\":[\"a\"]}");
      far.expects("GET", "/v2/_catalog?n=100")
          .header("Link", "</v2/_catalog?n=100>; rel=\"next\"")
          .body("{\"repositories\":[\"a\"]}");

      assertThatThrownBy(() -> client.catalog(100).next())
          .isInstanceOfSatisfying(
              RegistryException.class,
              e -> assertThat(e.reason()).isEqualTo(RegistryException.Reason.UNTRUSTED));
      assertThatThrownBy(() -> client.catalog(100).all(1000)).hasMessageContaining("read already");
    }
  }

  @Test
  void aListLongerThanTheCallerWantsEnds() {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", "/v2/_catalog?n=100").body("{\"repositories\":[\"a\",\"b\"]}");

      assertThatThrownBy(() -> client.catalog(100).all(1))
          .isInstanceOfSatisfying(
              RegistryException.class,
              e -> assertThat(e.reason()).isEqualTo(RegistryException.Reason.TOO_LARGE));
    }
  }

  @Test
  void aBusyRegistryIsAskedAgainWhenItSays() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", "/v2/").answers(429).header("Retry-After", "5");
      far.expects("GET", "/v2/")
          .answers(503)
          .header("Retry-After", "Sun, 01 Mar 2026 12:00:25 GMT");
      far.expects("GET", "/v2/");

      client.ping();
      assertThat(fast.waits).containsExactly(Duration.ofSeconds(5), Duration.ofSeconds(20));
    }
  }

  @Test
  void noWaitIsLongerThanTheLongest() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", "/v2/").answers(429).header("Retry-After", "86400");
      far.expects("GET", "/v2/").answers(500);
      far.expects("GET", "/v2/");

      client.ping();
      assertThat(fast.waits.get(0)).isEqualTo(Duration.ofSeconds(30));
      assertThat(fast.waits.get(1)).isBetween(Duration.ofMillis(100), Duration.ofMillis(200));
    }
  }

  @Test
  void attemptsAreCountedAndTheLastAnswerIsTold() {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      // No GET: the JDK itself repeats one that got no answer.
      far.expects("DELETE", MANIFESTS + "v1").answers(502);
      far.expects("DELETE", MANIFESTS + "v1").cutsRequestAfter(0);
      far.expects("DELETE", MANIFESTS + "v1")
          .answers(503)
          .header("Retry-After", "9")
          .body("{\"errors\":[{\"code\":\"UNAVAILABLE\",\"message\":\"full\"}]}");

      assertThatThrownBy(() -> client.repository(REPOSITORY).delete(TAG))
          .isInstanceOfSatisfying(
              RegistryException.class,
              e -> {
                assertThat(e.status()).isEqualTo(503);
                assertThat(e.has(ErrorCode.UNAVAILABLE)).isTrue();
                assertThat(e.retryAfter()).contains(Duration.ofSeconds(9));
              });
    }
  }

  @Test
  void anAnswerThatBreaksOffAfterItsHeadersStillCounts() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("PUT", MANIFESTS + "v1").answers(201).body("stored").cutAfter(2);

      assertThat(client.repository(REPOSITORY).put(TAG, MediaTypes.OCI_MANIFEST, BYTES).digest())
          .isEqualTo(DIGEST);
    }
  }

  @Test
  void anAnswerThatNeverComesIsAFailure() {
    ClientSettings impatient =
        fast.settings().with(new Timeouts(Duration.ofSeconds(5), Duration.ofMillis(200)));
    try (FarSide far = new FarSide();
        RegistryClient client =
            RegistryClient.of(
                far.origin(), Credentials.anonymous(), impatient.with(Retries.NONE))) {
      far.expects("GET", MANIFESTS + "v1").body("{}").cutAfter(0).thenSilence();

      assertThatThrownBy(() -> client.repository(REPOSITORY).get(TAG))
          .isInstanceOf(ConnectionFailedException.class)
          .hasMessageContaining("no byte came");
    }
  }

  @Test
  void aHugeErrorIsCutAndAnErrorInHtmlIsStillAnError() {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", "/v2/")
          .answers(403)
          .body(
              "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no\"},{\"code\":\"X\",\"message\":\""
                  + "x".repeat(3_000_000)
                  + "\"}]}");
      far.expects("GET", "/v2/").answers(404).body("<html>not here</html>");

      assertThatThrownBy(client::ping)
          .isInstanceOfSatisfying(
              RegistryException.class,
              e -> {
                assertThat(e.status()).isEqualTo(403);
                assertThat(e.errors()).containsExactly(new ProtocolError("DENIED", "no", ""));
              });
      assertThatThrownBy(client::ping)
          .isInstanceOfSatisfying(
              RegistryException.class,
              e -> {
                assertThat(e.status()).isEqualTo(404);
                assertThat(e.errors()).isEmpty();
              });
    }
  }

  @Test
  void anOriginIsNothingButAnOrigin() {
    for (String text :
        List.of("http://h/path", "http://u@h", "http://h?q", "ftp://h", "h:80", "http://h#f")) {
      assertThatThrownBy(
              () ->
                  RegistryClient.of(
                      URI.create(text), Credentials.anonymous(), ClientSettings.DEFAULT))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static String index(String... manifests) {
    return "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":[%s]}"
        .formatted(MediaTypes.OCI_INDEX, String.join(",", manifests));
  }

  private static String referrer(Digest digest, String type) {
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":7,\"artifactType\":\"%s\"}"
        .formatted(MediaTypes.OCI_MANIFEST, digest, type);
  }
}
