package io.hatoba.server.content;

import io.hatoba.oci.RepositoryName;

/**
 * A repository that exists: an image inside a registry. Made by the first push.
 *
 * @param id never used again for another repository
 * @param registryId the registry it lies in
 */
public record Repository(long id, long registryId, RepositoryName name) {}
