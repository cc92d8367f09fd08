package io.hatoba.server.sso;

import io.hatoba.server.startup.Secret;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.List;
import java.util.Optional;

/** Single sign-on by OpenID Connect. */
@ConfigMapping(prefix = "hatoba.oidc")
public interface OidcConfig {
  /**
   * The identity provider, as it names itself, for example https://id.example.com/realms/acme. No
   * default: there is no single sign-on. Its redirect address for Hatoba is
   * https://HOST/api/v1/session/oidc/callback.
   */
  Optional<String> issuer();

  /** What the provider calls Hatoba. Required with an issuer. */
  Optional<String> clientId();

  /** The secret that the provider gave to Hatoba. No default: a client without one. */
  Optional<Secret> clientSecret();

  /** What the provider is asked for. Default openid,profile,email; openid must be among it. */
  @WithDefault("openid,profile,email")
  List<String> scopes();

  /** The claim that the name of a new account is made from. Default preferred_username. */
  @WithDefault("preferred_username")
  String accountClaim();

  /** The claim that lists a person's groups. Default groups. */
  @WithDefault("groups")
  String groupsClaim();

  /**
   * Groups whose members may sign in, separated by commas. No default: everybody whom the provider
   * vouches for may.
   */
  Optional<List<String>> allowedGroups();

  /** What stands on the button of the sign-in page. Default Single sign-on. */
  @WithDefault("Single sign-on")
  String label();

  /**
   * Whether the first sign-in of a person makes an account. Default true; with false only those
   * come in who have signed in before.
   */
  @WithDefault("true")
  boolean createAccounts();
}
