package io.hatoba.server.registry;

import java.time.Instant;

/**
 * A registry that exists.
 *
 * @param id positive, never used again for another registry
 * @param name the first part of the names of its repositories
 * @param anonymousPull whether everyone may pull, also without credentials
 */
public record Registry(
    long id, RegistryName name, boolean anonymousPull, Instant createdAt, String description) {}
