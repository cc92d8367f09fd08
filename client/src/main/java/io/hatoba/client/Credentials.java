package io.hatoba.client;

/** Who the client is to the registry. */
public sealed interface Credentials {
  /** Nobody: tokens are asked for without a name. */
  static Credentials anonymous() {
    return new Anonymous();
  }

  /** An access key, or a user's name and password: all registries take both in the same place. */
  static Credentials accessKey(String id, String secret) {
    return new AccessKey(id, new Secret(secret));
  }

  /** Nobody. */
  record Anonymous() implements Credentials {}

  /**
   * A name with a secret.
   *
   * @param id without a colon, which separates it from the secret on the wire
   */
  record AccessKey(String id, Secret secret) implements Credentials {
    public AccessKey {
      if (id.indexOf(':') >= 0) {
        throw new IllegalArgumentException("an access key's id has no colon");
      }
    }
  }
}
