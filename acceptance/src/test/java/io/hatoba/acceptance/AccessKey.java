package io.hatoba.acceptance;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** What a client logs in with: an id in place of a user name, a secret in place of a password. */
public record AccessKey(String id, String secret) {

  /** The text that the server takes as its first key. */
  String bootstrap() {
    return id + ":" + secret;
  }

  /** The value of an {@code Authorization} header. */
  public String basic() {
    return "Basic "
        + Base64.getEncoder().encodeToString(bootstrap().getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public String toString() {
    return id + ":***";
  }
}
