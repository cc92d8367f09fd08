package io.hatoba.server.identity;

/** Whether an identity token is to be believed. */
public sealed interface Verdict {
  /** It is. */
  record Believed(IdentityToken token) implements Verdict {}

  /**
   * It is not.
   *
   * @param reason what is wrong with it; goes on after "the token"
   */
  record Rejected(String reason) implements Verdict {}
}
