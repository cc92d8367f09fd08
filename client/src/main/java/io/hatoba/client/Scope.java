package io.hatoba.client;

import io.hatoba.oci.RepositoryName;

/**
 * What a token is asked for, {@code type:name:actions} (Docker token authentication).
 *
 * @param text as it is sent
 */
record Scope(String text) implements Comparable<Scope> {
  /** The list of all repositories. */
  static final Scope CATALOG = new Scope("registry:catalog:*");

  static Scope pull(RepositoryName repository) {
    return new Scope("repository:" + repository + ":pull");
  }

  static Scope push(RepositoryName repository) {
    return new Scope("repository:" + repository + ":pull,push");
  }

  static Scope delete(RepositoryName repository) {
    return new Scope("repository:" + repository + ":delete");
  }

  @Override
  public int compareTo(Scope other) {
    return text.compareTo(other.text);
  }

  @Override
  public String toString() {
    return text;
  }
}
