package io.hatoba.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.RepositoryName;
import io.hatoba.oci.Tag;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class TokenFlowTest {
  private static final RepositoryName REPOSITORY = RepositoryName.parse("team/app");
  private static final Tag TAG = Tag.parse("v1");
  private static final String MANIFEST = "/v2/team/app/manifests/v1";
  private static final String BASIC = "Basic a2V5OnNlY3JldA==";
  private static final String CLIENT = "&account=key&client_id=hatoba-client";
  private static final byte[] BYTES = {'{', '}'};

  private final Fast fast = new Fast();

  @Test
  void aChallengeIsAnsweredWithATokenThatIsKept() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      challenges(far, "repository:team/app:pull", "");
      gives(far, "repository%3Ateam%2Fapp%3Apull", "first", 300);
      pulled(far, "first");
      pulled(far, "first");

      assertThat(client.repository(REPOSITORY).get(TAG)).isPresent();
      assertThat(client.repository(REPOSITORY).get(TAG)).isPresent();
    }
  }

  @Test
  void aTokenIsRenewedBeforeItsEndWithoutAskingTheRegistry() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      challenges(far, "repository:team/app:pull", "");
      gives(far, "repository%3Ateam%2Fapp%3Apull", "first", 300);
      pulled(far, "first");
      gives(far, "repository%3Ateam%2Fapp%3Apull", "second", 300);
      pulled(far, "second");

      client.repository(REPOSITORY).get(TAG);
      fast.pass(Duration.ofSeconds(291));
      client.repository(REPOSITORY).get(TAG);
    }
  }

  @Test
  void aTokenWithoutALifetimeIsGoodForAMinute() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      challenges(far, "repository:team/app:pull", "");
      far.expects("GET", "/token?service=registry&scope=repository%3Ateam%2Fapp%3Apull" + CLIENT)
          .body("{\"access_token\":\"first\"}");
      pulled(far, "first");
      pulled(far, "first");
      gives(far, "repository%3Ateam%2Fapp%3Apull", "second", 300);
      pulled(far, "second");

      client.repository(REPOSITORY).get(TAG);
      fast.pass(Duration.ofSeconds(49));
      client.repository(REPOSITORY).get(TAG);
      fast.pass(Duration.ofSeconds(1));
      client.repository(REPOSITORY).get(TAG);
    }
  }

  @Test
  void anExpiredTokenIsRenewedOnce() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      challenges(far, "repository:team/app:pull", "");
      gives(far, "repository%3Ateam%2Fapp%3Apull", "first", 300);
      pulled(far, "first");
      challenges(far, "repository:team/app:pull", "invalid_token")
          .with("Authorization", "Bearer first");
      gives(far, "repository%3Ateam%2Fapp%3Apull", "second", 300);
      pulled(far, "second");

      client.repository(REPOSITORY).get(TAG);
      assertThat(client.repository(REPOSITORY).get(TAG)).isPresent();
    }
  }

  @Test
  void aTokenThatIsRefusedAgainIsTheCallersToKnow() {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      challenges(far, "repository:team/app:pull", "");
      gives(far, "repository%3Ateam%2Fapp%3Apull", "first", 300);
      challenges(far, "repository:team/app:pull", "insufficient_scope");
      gives(far, "repository%3Ateam%2Fapp%3Apull", "second", 300);
      challenges(far, "repository:team/app:pull", "insufficient_scope");

      assertThatThrownBy(() -> client.repository(REPOSITORY).get(TAG))
          .isInstanceOfSatisfying(
              RegistryException.class,
              e -> {
                assertThat(e.status()).isEqualTo(401);
                assertThat(e.has(ErrorCode.UNAUTHORIZED)).isTrue();
                assertThat(e.reason()).isEqualTo(RegistryException.Reason.REFUSED);
              });
    }
  }

  @Test
  void scopesThatTheRegistryDemandsAreAskedForTooEachInItsOwnParameter() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects(
              "POST",
              "/v2/team/app/blobs/uploads/?mount=" + Digest.sha256(BYTES) + "&from=team/base")
          .answers(401)
          .header(
              "WWW-Authenticate",
              "Bearer realm=\"%s/token\",service=\"registry\",scope=\"repository:team/app:pull,push repository:team/other:pull\""
                  .formatted(far.origin()));
      far.expects(
              "GET",
              "/token?service=registry&scope=repository%3Ateam%2Fapp%3Apull%2Cpush"
                  + "&scope=repository%3Ateam%2Fbase%3Apull&scope=repository%3Ateam%2Fother%3Apull"
                  + CLIENT)
          .with("Authorization", BASIC)
          .body("{\"token\":\"t\"}");
      far.expects(
              "POST",
              "/v2/team/app/blobs/uploads/?mount=" + Digest.sha256(BYTES) + "&from=team/base")
          .with("Authorization", "Bearer t")
          .answers(201);

      assertThat(
              client
                  .blobs(REPOSITORY)
                  .mount(Digest.sha256(BYTES), Optional.of(RepositoryName.parse("team/base"))))
          .isEqualTo(new Mount.Mounted());
    }
  }

  @Test
  void anAnonymousClientAsksForATokenWithoutAName() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client =
            RegistryClient.of(far.origin(), Credentials.anonymous(), fast.settings())) {
      challenges(far, "repository:team/app:pull", "");
      far.expects(
              "GET",
              "/token?service=registry&scope=repository%3Ateam%2Fapp%3Apull&client_id=hatoba-client")
          .without("Authorization")
          .body("{\"token\":\"t\"}");
      pulled(far, "t");

      assertThat(client.repository(REPOSITORY).get(TAG)).isPresent();
    }
  }

  @Test
  void basicIsAnsweredWithBasicAndOnlyOnce() {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      far.expects("GET", "/v2/")
          .without("Authorization")
          .answers(401)
          .header("WWW-Authenticate", "Basic realm=\"x\"");
      far.expects("GET", "/v2/")
          .with("Authorization", BASIC)
          .answers(401)
          .header("WWW-Authenticate", "Basic realm=\"x\"");

      assertThatThrownBy(client::ping)
          .isInstanceOfSatisfying(
              RegistryException.class, e -> assertThat(e.status()).isEqualTo(401));
    }
  }

  @Test
  void wrongCredentialsAreTheTokenEndpointsAnswer() {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      challenges(far, "repository:team/app:pull", "");
      far.expects("GET", "/token?service=registry&scope=repository%3Ateam%2Fapp%3Apull" + CLIENT)
          .answers(401)
          .body("{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"no such key\"}]}");

      assertThatThrownBy(() -> client.repository(REPOSITORY).get(TAG))
          .hasMessageContaining("no such key")
          .hasMessageNotContaining("secret");
    }
  }

  @Test
  void aBusyTokenEndpointIsAskedAgain() throws IOException {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      challenges(far, "repository:team/app:pull", "");
      far.expects("GET", "/token?service=registry&scope=repository%3Ateam%2Fapp%3Apull" + CLIENT)
          .answers(429)
          .header("Retry-After", "3");
      gives(far, "repository%3Ateam%2Fapp%3Apull", "t", 300);
      pulled(far, "t");

      assertThat(client.repository(REPOSITORY).get(TAG)).isPresent();
      assertThat(fast.waits).containsExactly(Duration.ofSeconds(3));
    }
  }

  @Test
  void aTokenEndpointThatRedirectsGetsNothingMore() {
    try (FarSide far = new FarSide();
        FarSide elsewhere = new FarSide();
        RegistryClient client = fast.client(far)) {
      challenges(far, "repository:team/app:pull", "");
      far.expects("GET", "/token?service=registry&scope=repository%3Ateam%2Fapp%3Apull" + CLIENT)
          .answers(302)
          .header("Location", elsewhere.origin() + "/token");

      assertThatThrownBy(() -> client.repository(REPOSITORY).get(TAG))
          .isInstanceOfSatisfying(
              RegistryException.class, e -> assertThat(e.status()).isEqualTo(302));
    }
  }

  @Test
  void aTokenThatIsNoHeaderTextIsNotSent() {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far)) {
      challenges(far, "repository:team/app:pull", "");
      far.expects("GET", "/token?service=registry&scope=repository%3Ateam%2Fapp%3Apull" + CLIENT)
          .body("{\"token\":\"a\\r\\nX: b\"}");

      assertThatThrownBy(() -> client.repository(REPOSITORY).get(TAG))
          .isInstanceOfSatisfying(
              RegistryException.class,
              e -> assertThat(e.reason()).isEqualTo(RegistryException.Reason.PROTOCOL));
    }
  }

  @Test
  void threadsThatNeedTheSameTokenShareOneRequest() throws Exception {
    try (FarSide far = new FarSide();
        RegistryClient client = fast.client(far);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      challenges(far, "repository:team/app:pull", "");
      gives(far, "repository%3Ateam%2Fapp%3Apull", "first", 60);
      pulled(far, "first");
      client.repository(REPOSITORY).get(TAG);
      fast.pass(Duration.ofMinutes(2));

      gives(far, "repository%3Ateam%2Fapp%3Apull", "second", 60);
      for (int i = 0; i < 8; i++) {
        pulled(far, "second");
      }
      List<Callable<Boolean>> pulls =
          Collections.nCopies(8, () -> client.repository(REPOSITORY).get(TAG).isPresent());
      for (Future<Boolean> pull : threads.invokeAll(pulls)) {
        assertThat(pull.get()).isTrue();
      }
    }
  }

  @Test
  void aRealmOnAnotherHostGetsNoCredentialsUnlessItIsAllowed() throws IOException {
    try (FarSide far = new FarSide();
        FarSide elsewhere = new FarSide();
        RegistryClient strict = fast.client(far)) {
      challengesTo(far, elsewhere.origin() + "/token");
      assertThatThrownBy(() -> strict.repository(REPOSITORY).get(TAG))
          .isInstanceOfSatisfying(
              RegistryException.class,
              e -> assertThat(e.reason()).isEqualTo(RegistryException.Reason.UNTRUSTED));

      Trust allowing =
          new Trust(
              (origin, realm) -> realm.getPort() == elsewhere.origin().getPort(),
              AddressCheck.ANY,
              Optional.empty());
      try (RegistryClient client =
          RegistryClient.of(
              far.origin(),
              Credentials.accessKey("key", "secret"),
              fast.settings().with(allowing))) {
        challengesTo(far, elsewhere.origin() + "/token");
        elsewhere
            .expects("GET", "/token?scope=repository%3Ateam%2Fapp%3Apull" + CLIENT)
            .with("Authorization", BASIC)
            .body("{\"token\":\"t\"}");
        pulled(far, "t");
        assertThat(client.repository(REPOSITORY).get(TAG)).isPresent();
      }
    }
  }

  @Test
  void aRealmThatIsNoPlainUrlIsRefused() {
    for (String realm :
        Set.of("file:///etc/passwd", "/token", "http://user@127.0.0.1/token", "ftp://127.0.0.1/")) {
      try (FarSide far = new FarSide();
          RegistryClient client = fast.client(far)) {
        challengesTo(far, realm);
        assertThatThrownBy(() -> client.repository(REPOSITORY).get(TAG))
            .as(realm)
            .isInstanceOfSatisfying(
                RegistryException.class,
                e -> assertThat(e.reason()).isEqualTo(RegistryException.Reason.UNTRUSTED));
      }
    }
  }

  @Test
  void aRealmWithoutEncryptionIsRefusedByARegistryWithIt() {
    URI origin = URI.create("https://registry.example");
    ClientSettings trusting =
        fast.settings()
            .with(new Trust((registry, realm) -> true, AddressCheck.ANY, Optional.empty()));
    try (Wire wire = new Wire(trusting)) {
      Tokens tokens = new Tokens(wire, origin, Credentials.accessKey("key", "secret"), trusting);
      assertThatThrownBy(
              () ->
                  tokens.answer(
                      List.of("Bearer realm=\"http://registry.example/token\""),
                      new TreeSet<>(),
                      Optional.empty()))
          .isInstanceOfSatisfying(
              RegistryException.class,
              e -> assertThat(e.reason()).isEqualTo(RegistryException.Reason.UNTRUSTED));
    }
  }

  @Test
  void noSecretIsShownByAnyValue() {
    assertThat(Credentials.accessKey("key", "hunter2").toString()).doesNotContain("hunter2");
    assertThat(new AnswerJson.Token(new Secret("hunter2"), Duration.ZERO).toString())
        .doesNotContain("hunter2");
  }

  private static FarSide.Step challenges(FarSide far, String scope, String error) {
    String parameter = error.isEmpty() ? "" : ",error=\"" + error + "\"";
    return far.expects("GET", MANIFEST)
        .answers(401)
        .header(
            "WWW-Authenticate",
            "Bearer realm=\"%s/token\",service=\"registry\",scope=\"%s\"%s"
                .formatted(far.origin(), scope, parameter))
        .body("{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}");
  }

  private static void challengesTo(FarSide far, String realm) {
    far.expects("GET", MANIFEST)
        .answers(401)
        .header("WWW-Authenticate", "Bearer realm=\"" + realm + "\"");
  }

  private static void gives(FarSide far, String scope, String token, int seconds) {
    far.expects("GET", "/token?service=registry&scope=" + scope + CLIENT)
        .with("Authorization", BASIC)
        .body("{\"token\":\"%s\",\"expires_in\":%d}".formatted(token, seconds));
  }

  private static void pulled(FarSide far, String token) {
    far.expects("GET", MANIFEST)
        .with("Authorization", "Bearer " + token)
        .header("Content-Type", "application/json")
        .body(BYTES);
  }
}
