package io.hatoba.server.rest;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;

/**
 * Names of images in paths: one segment, in which {@code ~} stands for {@code /}, since no name can
 * contain {@code ~} and proxies decode {@code %2F}. {@code %2F} is understood too.
 */
public final class Images {
  private Images() {}

  /**
   * The repository that two path parameters name.
   *
   * @throws RefusedException with {@link ErrorCode#NAME_INVALID}
   */
  public static RepositoryName repository(String registry, String image) {
    if (registry.indexOf('/') >= 0) {
      throw new RefusedException(
          Refusal.invalid(ErrorCode.NAME_INVALID, "the name of a registry has no '/'", registry));
    }
    return RepositoryName.parse(registry + "/" + image.replace('~', '/'));
  }

  /** An image's name without its registry, as a path segment. */
  public static String segment(RepositoryName repository) {
    return name(repository).replace('/', '~');
  }

  /** An image's name without its registry, as answers carry it. */
  public static String name(RepositoryName repository) {
    return repository.value().substring(repository.registry().length() + 1);
  }
}
