package io.hatoba.server.auth;

import java.util.Optional;

/** Turns an {@code Authorization} header into a {@link Caller}. */
public interface Authenticator {
  /**
   * The caller, if the header's token was verified before and is still good. Never blocks; empty
   * means "ask".
   */
  Optional<Caller> remembered(Optional<String> authorization);

  /**
   * The caller. Asked when a request starts and never again while its body flows.
   *
   * @param authorization {@code Bearer} with a token, {@code Basic} with an access key, or none
   * @param address the client's network address, for the brute-force brake and for last-used
   * @throws io.hatoba.oci.RefusedException with {@code UNAUTHORIZED}: no header (even where
   *     anonymous pull is on: clients must learn the token endpoint), an expired or broken token
   *     ({@code invalid_token}), a wrong secret, a disabled key; {@code TOOMANYREQUESTS} after too
   *     many wrong secrets
   */
  Caller authenticate(Optional<String> authorization, String address);

  /**
   * As {@link #authenticate}, for a request that goes on with an upload: a token of the identity
   * that opened it is good for one hour longer than it says (moby#33558).
   *
   * @param uploadOwner the principal that opened the upload
   */
  Caller authenticateForUpload(Optional<String> authorization, String address, String uploadOwner);
}
