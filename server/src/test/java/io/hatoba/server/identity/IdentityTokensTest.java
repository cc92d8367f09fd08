package io.hatoba.server.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.opts.AllowWeakRSAKey;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.identity.IdentityTokens.Expected;
import io.hatoba.server.outbound.Outbound;
import io.hatoba.server.outbound.TestOutboundConfig;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdentityTokensTest {
  private static final RSAKey RSA = TestIssuer.rsa("rsa-1");
  private static final ECKey EC = TestIssuer.ec("ec-1");
  private static Vertx vertx = Vertx.vertx();

  private Instant now = Instant.parse("2026-03-01T10:00:00Z");
  private TestIssuer issuer;
  private Outbound outbound;
  private IdentityTokens tokens;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stop() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @BeforeEach
  void open() {
    issuer = new TestIssuer();
    issuer.publish(RSA, EC);
    outbound = new Outbound(TestOutboundConfig.loopback(issuer.port()), vertx);
    tokens = new IdentityTokens(new Issuers(outbound, () -> now), () -> now);
  }

  @AfterEach
  void close() {
    outbound.close();
    issuer.close();
  }

  @Test
  void aGoodTokenIsBelievedWithBothKindsOfKeys() {
    for (String token : List.of(TestIssuer.sign(RSA, claims()), TestIssuer.sign(EC, claims()))) {
      assertThat(verify(token))
          .isInstanceOfSatisfying(
              Verdict.Believed.class,
              believed -> {
                assertThat(believed.token().subject()).isEqualTo("kim-1");
                assertThat(believed.token().text("email")).contains("kim@example.com");
                assertThat(believed.token().texts("groups")).containsExactly("dev", "ops");
                assertThat(believed.token().text("number")).contains("7");
              });
    }
    assertThat(issuer.keyFetches).hasValue(1);
    assertThat(issuer.descriptionFetches).hasValue(1);
  }

  @Test
  void theUsualRsaSignaturesAreAccepted() {
    for (JWSAlgorithm algorithm : List.of(JWSAlgorithm.PS256, JWSAlgorithm.RS512)) {
      assertBelieved(
          TestIssuer.sign(TestIssuer.header(algorithm, RSA), claims(), TestIssuer.signer(RSA)));
    }
  }

  @Test
  void noSignatureIsNotAccepted() {
    assertRejected(TestIssuer.unsigned(claims()), "no signed JWT");
    String signed = TestIssuer.sign(RSA, claims());
    assertRejected(signed.substring(0, signed.lastIndexOf('.') + 1), "");
    String header = encode("{\"alg\":\"none\"}");
    assertRejected(header + signed.substring(signed.indexOf('.')), "");
  }

  @Test
  void aPublicKeyIsNoSharedSecret() {
    assertRejected(TestIssuer.hmacWithPublicKey(RSA, claims()), "algorithm that is not accepted");
  }

  @Test
  void aTokenSignedByAnotherKeyIsNotAccepted() {
    assertRejected(TestIssuer.sign(TestIssuer.rsa("rsa-1"), claims()), "not signed with a key");
    assertRejected(TestIssuer.sign(TestIssuer.ec("ec-1"), claims()), "not signed with a key");
    assertRejected(TestIssuer.sign(TestIssuer.rsa("other"), claims()), "not signed with a key");
  }

  @Test
  void aKeyInTheTokenIsNotUsed() {
    RSAKey own = TestIssuer.rsa("own");
    JWSHeader header =
        new JWSHeader.Builder(JWSAlgorithm.RS256).jwk(own.toPublicJWK()).keyID("own").build();
    assertRejected(TestIssuer.sign(header, claims(), TestIssuer.signer(own)), "not signed");
  }

  @Test
  void aShortRsaKeyIsNotUsed() throws Exception {
    RSAKey weak = new RSAKeyGenerator(1024, true).keyID("weak").generate();
    issuer.publish(weak);
    assertRejected(
        TestIssuer.sign(
            TestIssuer.header(JWSAlgorithm.RS256, weak),
            claims(),
            new RSASSASigner(weak.toPrivateKey(), Set.of(AllowWeakRSAKey.getInstance()))),
        "not signed");
  }

  @Test
  void aChangedClaimBreaksTheSignature() {
    String[] parts = TestIssuer.sign(EC, claims()).split("\\.", -1);
    String changed =
        encode(
            new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8)
                .replace("kim-1", "root1"));
    assertRejected(parts[0] + "." + changed + "." + parts[2], "not signed");
  }

  @Test
  void whoItIsFromAndForMustBeRight() {
    assertRejected(with(claims -> claims.issuer(issuer.url() + "/")), "another issuer");
    assertRejected(with(claims -> claims.issuer(null)), "another issuer");
    assertRejected(with(claims -> claims.audience("other")), "not for the audience hatoba");
    assertRejected(with(claims -> claims.audience(List.of())), "not for the audience hatoba");
    assertRejected(with(claims -> claims.subject(null)), "no subject");
    assertRejected(with(claims -> claims.audience(List.of("hatoba", "other"))), "another client");
    assertRejected(with(claims -> claims.claim("azp", "other")), "another client");
    assertBelieved(
        with(claims -> claims.audience(List.of("hatoba", "other")).claim("azp", "hatoba")));
  }

  @Test
  void aMachinesTokenIsForUsAlone() {
    Expected expected = Expected.federation(issuer.url(), Optional.empty(), "hatoba");
    assertThat(tokens.verify(with(c -> c.claim("azp", "whoever")), expected))
        .isInstanceOf(Verdict.Believed.class);
    assertThat(
            tokens.verify(
                with(c -> c.audience(List.of("hatoba", "other")).claim("azp", "hatoba")), expected))
        .isInstanceOf(Verdict.Rejected.class);
  }

  @Test
  void timesMustBeRight() {
    assertRejected(with(c -> c.expirationTime(at(-31))), "has expired");
    assertBelieved(with(c -> c.expirationTime(at(-29))));
    assertRejected(with(c -> c.issueTime(at(31))), "of the future");
    assertBelieved(with(c -> c.issueTime(at(29))));
    assertRejected(with(c -> c.notBeforeTime(at(31))), "of the future");
    assertRejected(with(c -> c.expirationTime(null)), "does not say when");
    assertRejected(with(c -> c.issueTime(null)), "does not say when");
    assertRejected(with(c -> c.expirationTime(at(25 * 3600))), "more than 24 hours");
  }

  @Test
  void theNonceMustBeThatOfTheSignIn() {
    assertRejected(with(c -> c.claim("nonce", "another")), "another sign-in");
    assertRejected(with(c -> c.claim("nonce", null)), "another sign-in");
  }

  @Test
  void theHashOfTheAccessTokenMustBeRightIfItIsThere() throws Exception {
    byte[] hash =
        MessageDigest.getInstance("SHA-256").digest("abc".getBytes(StandardCharsets.US_ASCII));
    String right = Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, 16));
    assertBelieved(with(c -> c.claim("at_hash", right)));
    assertRejected(with(c -> c.claim("at_hash", "x" + right.substring(1))), "access token");
  }

  @Test
  void anotherTypeOfTokenIsNotAccepted() {
    JWSHeader header =
        new JWSHeader.Builder(JWSAlgorithm.ES256)
            .keyID("ec-1")
            .type(new JOSEObjectType("at+jwt"))
            .build();
    assertRejected(TestIssuer.sign(header, claims(), TestIssuer.signer(EC)), "another type");
  }

  @Test
  void aNewKeyIsFetchedWhenATokenNamesIt() {
    assertBelieved(TestIssuer.sign(EC, claims()));
    ECKey next = TestIssuer.ec("ec-2");
    issuer.publish(next);
    now = now.plusSeconds(61);
    assertBelieved(TestIssuer.sign(next, claims()));
    assertRejected(TestIssuer.sign(EC, claims()), "not signed");
    assertThat(issuer.keyFetches).hasValue(2);
  }

  @Test
  void madeUpKeysCauseOneFetchAMinute() {
    for (int i = 0; i < 20; i++) {
      assertRejected(TestIssuer.sign(TestIssuer.ec("made-up-" + i), claims()), "not signed");
    }
    assertThat(issuer.keyFetches).hasValue(1);
    now = now.plusSeconds(61);
    assertRejected(TestIssuer.sign(TestIssuer.ec("made-up"), claims()), "not signed");
    assertThat(issuer.keyFetches).hasValue(2);
  }

  @Test
  void aKeyThatIsTakenBackEndsAfterAnHour() {
    assertBelieved(TestIssuer.sign(EC, claims()));
    issuer.publish(RSA);
    now = now.plus(Duration.ofMinutes(61));
    assertRejected(TestIssuer.sign(EC, claims()), "not signed");
  }

  @Test
  void anIssuerThatNamesAnotherIsNotBelieved() {
    issuer.describe("issuer", "https://accounts.example.com");
    assertUnavailable("https://accounts.example.com");
  }

  @Test
  void keysAtAnAddressThatMayNotBeAskedAreNotFetched() {
    issuer.describe("jwks_uri", "https://169.254.169.254/keys");
    assertUnavailable("may not be asked");
  }

  @Test
  void anIssuerThatIsDownIsAskedAgainAfterAWhile() {
    issuer.describe("issuer", "https://elsewhere.example.com");
    assertUnavailable("elsewhere");
    issuer.describe("issuer", issuer.url());
    assertUnavailable("elsewhere");
    assertThat(issuer.descriptionFetches).hasValue(1);
    now = now.plusSeconds(11);
    assertBelieved(TestIssuer.sign(EC, claims()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "a.b.c", "e30.e30.e30", "e30..", "{}", "null"})
  void whatIsNoTokenIsRejected(String text) {
    assertRejected(text, "");
    assertThat(IdentityTokens.claimedIssuer(text)).isEmpty();
  }

  @Test
  void aTokenThatIsTooLongIsNotLookedAt() {
    assertRejected("a".repeat(IdentityTokens.MAX_LENGTH + 1), "longer than");
  }

  @Test
  void brokenTokensNeverEndInADefect() {
    Random random = new Random(42);
    byte[] payload = claims().toString().getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 2000; i++) {
      byte[] broken = payload.clone();
      for (int n = random.nextInt(4); n >= 0; n--) {
        broken[random.nextInt(broken.length)] = (byte) (32 + random.nextInt(95));
      }
      String token =
          encode("{\"alg\":\"ES256\",\"kid\":\"ec-1\"}")
              + "."
              + Base64.getUrlEncoder().withoutPadding().encodeToString(broken)
              + "."
              + encode("x".repeat(64));
      assertThat(verify(token)).isInstanceOf(Verdict.Rejected.class);
      assertThat(IdentityTokens.claimedIssuer(token)).isNotNull();
    }
  }

  private void assertUnavailable(String reason) {
    assertThatThrownBy(() -> verify(TestIssuer.sign(EC, claims())))
        .isInstanceOfSatisfying(
            RefusedException.class,
            refused -> {
              assertThat(refused.refusal()).isInstanceOf(Refusal.Unavailable.class);
              assertThat(refused.refusal().message()).contains(reason);
            });
  }

  private Verdict verify(String token) {
    return tokens.verify(
        token, Expected.signIn(issuer.url(), "hatoba", "nonce-1", Optional.of("abc")));
  }

  private void assertBelieved(String token) {
    assertThat(verify(token)).isInstanceOf(Verdict.Believed.class);
  }

  private void assertRejected(String token, String reason) {
    assertThat(verify(token))
        .isInstanceOfSatisfying(
            Verdict.Rejected.class, rejected -> assertThat(rejected.reason()).contains(reason));
  }

  private JWTClaimsSet claims() {
    return builder().build();
  }

  private String with(Consumer<JWTClaimsSet.Builder> change) {
    JWTClaimsSet.Builder claims = builder();
    change.accept(claims);
    return TestIssuer.sign(EC, claims.build());
  }

  private JWTClaimsSet.Builder builder() {
    return new JWTClaimsSet.Builder()
        .issuer(issuer.url())
        .subject("kim-1")
        .audience("hatoba")
        .issueTime(at(-5))
        .expirationTime(at(300))
        .claim("nonce", "nonce-1")
        .claim("email", "kim@example.com")
        .claim("number", 7)
        .claim("groups", List.of("dev", "ops"));
  }

  private Date at(int seconds) {
    return Date.from(now.plusSeconds(seconds));
  }

  private static String encode(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
