package io.hatoba.server.sso;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.identity.IdentityToken;
import io.hatoba.server.identity.IdentityTokens;
import io.hatoba.server.identity.IdentityTokens.Expected;
import io.hatoba.server.identity.Issuers;
import io.hatoba.server.identity.Metadata;
import io.hatoba.server.identity.Verdict;
import io.hatoba.server.outbound.Call;
import io.hatoba.server.outbound.Outbound;
import io.hatoba.server.outbound.Reply;
import io.hatoba.server.startup.Secret;
import io.hatoba.server.startup.StartupException;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Talks to the identity provider (OpenID Connect Core 1.0, section 3.1): the address a browser is
 * sent to, and what a code brings.
 */
@Singleton
public final class Oidc {
  private static final Logger LOG = Logger.getLogger(Oidc.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration RETRY = Duration.ofSeconds(10);

  private final OidcConfig config;
  private final Issuers issuers;
  private final IdentityTokens tokens;
  private final Outbound outbound;

  Oidc(OidcConfig config, Issuers issuers, IdentityTokens tokens, Outbound outbound) {
    if (config.issuer().isPresent()) {
      issuers
          .complaint(config.issuer().get())
          .ifPresent(
              complaint -> {
                throw new StartupException("hatoba.oidc.issuer: " + complaint + ".");
              });
      requireComplete(config);
    }
    this.config = config;
    this.issuers = issuers;
    this.tokens = tokens;
    this.outbound = outbound;
  }

  /**
   * Checks what needs no connection.
   *
   * @throws StartupException if a provider is set and something else that it needs is not
   */
  public static void requireComplete(OidcConfig config) {
    if (config.issuer().isEmpty()) {
      return;
    }
    if (config.clientId().isEmpty()) {
      throw new StartupException(
          "hatoba.oidc.client-id (HATOBA_OIDC_CLIENT_ID) is missing: what the identity provider"
              + " calls this server.");
    }
    if (!config.scopes().contains("openid")) {
      throw new StartupException("hatoba.oidc.scopes must have openid among them.");
    }
  }

  /** Whether there is a provider. */
  boolean enabled() {
    return config.issuer().isPresent();
  }

  private String issuer() {
    return config.issuer().orElseThrow();
  }

  private String client() {
    return config.clientId().orElseThrow();
  }

  /**
   * Where a browser is sent to.
   *
   * @throws RefusedException with {@code UNAVAILABLE} if the provider cannot be asked
   */
  String authorizationAddress(SignInsInProgress.Begun begun, String redirectUri) {
    URI endpoint =
        issuers
            .metadata(issuer())
            .authorizationEndpoint()
            .orElseThrow(() -> unavailable("it names no authorization_endpoint"));
    Map<String, String> query = new LinkedHashMap<>();
    query.put("response_type", "code");
    query.put("client_id", client());
    query.put("redirect_uri", redirectUri);
    query.put("scope", String.join(" ", config.scopes()));
    query.put("state", begun.state().reveal());
    query.put("nonce", begun.cookie().nonce());
    query.put("code_challenge", begun.cookie().challenge());
    query.put("code_challenge_method", "S256");
    return endpoint + (endpoint.getRawQuery() == null ? "?" : "&") + form(query);
  }

  /**
   * Whether the answer is the provider's, as far as it says so (RFC 9207): one provider must not
   * finish what was begun with another.
   */
  boolean isOurs(Optional<String> issuerOfAnswer) {
    return issuerOfAnswer.map(issuer()::equals).orElse(true);
  }

  /**
   * What a code brings, verified.
   *
   * @throws RefusedException with {@code UNAVAILABLE} if the provider cannot be asked
   */
  Optional<IdentityToken> redeem(
      Secret code, SignInsInProgress.Cookie cookie, SignInsInProgress.InProgress inProgress) {
    Metadata metadata = issuers.metadata(issuer());
    Optional<JsonNode> answer = exchange(metadata, code, cookie, inProgress.redirectUri());
    Optional<String> compact = answer.flatMap(node -> text(node, "id_token"));
    if (compact.isEmpty()) {
      return Optional.empty();
    }
    Optional<String> accessToken = answer.flatMap(node -> text(node, "access_token"));
    return switch (tokens.verify(
        compact.get(), Expected.signIn(issuer(), client(), cookie.nonce(), accessToken))) {
      case Verdict.Believed(var token) -> Optional.of(completed(metadata, token, accessToken));
      case Verdict.Rejected(var reason) -> {
        LOG.warnf("refused an identity token of the provider, the token %s", reason);
        yield Optional.empty();
      }
    };
  }

  private Optional<JsonNode> exchange(
      Metadata metadata, Secret code, SignInsInProgress.Cookie cookie, String redirectUri) {
    URI endpoint =
        metadata.tokenEndpoint().orElseThrow(() -> unavailable("it names no token_endpoint"));
    Map<String, String> form = new LinkedHashMap<>();
    form.put("grant_type", "authorization_code");
    form.put("code", code.reveal());
    form.put("redirect_uri", redirectUri);
    form.put("code_verifier", cookie.verifier());
    form.put("client_id", client());
    Map<String, String> headers = new HashMap<>();
    headers.put("Content-Type", "application/x-www-form-urlencoded");
    headers.put("Accept", "application/json");
    authenticate(metadata, form, headers);
    return switch (outbound.send(Call.form(endpoint, headers, form(form)))) {
      case Reply.Answered(int status, var _, String body) when status == 200 -> json(body);
      case Reply.Answered(int status, var _, String body) when status < 500 -> {
        LOG.warnf(
            "refused by the identity provider when redeeming a code, status=%d error=%s",
            status, json(body).flatMap(node -> text(node, "error")).map(Oidc::tame).orElse(""));
        yield Optional.empty();
      }
      case Reply.Answered(int status, var _, var _) -> throw unavailable("status " + status);
      case Reply.Forbidden(String reason) -> throw unavailable(reason);
      case Reply.Failed(String reason) -> throw unavailable(reason);
    };
  }

  /** By header unless the provider knows the form only (OpenID Connect Core 1.0, section 9). */
  private void authenticate(
      Metadata metadata, Map<String, String> form, Map<String, String> headers) {
    if (config.clientSecret().isEmpty()) {
      return;
    }
    String secret = config.clientSecret().get().reveal();
    List<String> methods = metadata.tokenEndpointAuthMethods();
    if (methods.contains("client_secret_post") && !methods.contains("client_secret_basic")) {
      form.put("client_secret", secret);
      return;
    }
    form.remove("client_id");
    headers.put(
        "Authorization",
        "Basic "
            + Base64.getEncoder()
                .encodeToString(
                    (encoded(client()) + ":" + encoded(secret))
                        .getBytes(StandardCharsets.US_ASCII)));
  }

  /** With what the provider tells only when asked, where the token lacks a claim we need. */
  private IdentityToken completed(
      Metadata metadata, IdentityToken token, Optional<String> accessToken) {
    boolean complete =
        token.claims().containsKey(config.accountClaim())
            && token.claims().containsKey(config.groupsClaim());
    if (complete || accessToken.isEmpty() || metadata.userinfoEndpoint().isEmpty()) {
      return token;
    }
    Call call =
        new Call(
            "GET",
            metadata.userinfoEndpoint().get(),
            Map.of("Authorization", "Bearer " + accessToken.get(), "Accept", "application/json"),
            Optional.empty(),
            0);
    return switch (outbound.send(call)) {
      case Reply.Answered(int status, var _, String body) when status == 200 ->
          json(body).map(more -> merged(token, more)).orElse(token);
      case Reply.Answered(int status, var _, var _) -> throw unavailable("status " + status);
      case Reply.Forbidden(String reason) -> throw unavailable(reason);
      case Reply.Failed(String reason) -> throw unavailable(reason);
    };
  }

  /** What is signed wins; what is of another subject is not taken (section 5.3.2). */
  private static IdentityToken merged(IdentityToken token, JsonNode more) {
    if (!token.subject().equals(more.path("sub").asText(""))) {
      return token;
    }
    Map<String, Object> claims = new HashMap<>();
    more.properties()
        .forEach(
            field -> {
              Object value = JSON.convertValue(field.getValue(), Object.class);
              if (value != null) {
                claims.put(field.getKey(), value);
              }
            });
    claims.putAll(token.claims());
    return new IdentityToken(
        token.issuer(), token.subject(), token.id(), token.issuedAt(), token.expiresAt(), claims);
  }

  private static Optional<JsonNode> json(String body) {
    try {
      return Optional.ofNullable(JSON.readTree(body)).filter(JsonNode::isObject);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> text(JsonNode node, String field) {
    return Optional.ofNullable(node.get(field)).filter(JsonNode::isTextual).map(JsonNode::asText);
  }

  private static String tame(String text) {
    return text.substring(0, Math.min(text.length(), 100)).replaceAll("[^A-Za-z0-9._ -]", "?");
  }

  private static String form(Map<String, String> fields) {
    return fields.entrySet().stream()
        .map(field -> encoded(field.getKey()) + "=" + encoded(field.getValue()))
        .collect(Collectors.joining("&"));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static RefusedException unavailable(String reason) {
    return new RefusedException(
        new Refusal.Unavailable("the identity provider cannot be asked: " + reason, RETRY));
  }
}
