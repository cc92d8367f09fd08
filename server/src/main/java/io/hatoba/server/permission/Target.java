package io.hatoba.server.permission;

import io.hatoba.oci.RepositoryName;

/** What something is done to, as far as permissions tell things apart. Need not exist. */
public sealed interface Target {
  /** The service as a whole. */
  Target SERVICE = new Service();

  /** The service as a whole; the only one is {@link #SERVICE}. */
  record Service() implements Target {
    @Override
    public String toString() {
      return "the service";
    }
  }

  /** A registry with everything in it. */
  record OfRegistry(String registry) implements Target {
    @Override
    public String toString() {
      return "registry " + registry;
    }
  }

  /** An image with its artifacts and tags; the name begins with that of its registry. */
  record OfImage(RepositoryName repository) implements Target {
    @Override
    public String toString() {
      return "image " + repository;
    }
  }
}
