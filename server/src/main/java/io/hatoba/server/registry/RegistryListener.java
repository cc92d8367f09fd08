package io.hatoba.server.registry;

import org.jdbi.v3.core.Handle;

/**
 * Told when a registry is deleted, in the transaction that does so: whoever keeps rows about it
 * removes them here if they are few, or later, on {@code registry.deleted} of the outbox. An
 * exception keeps the registry.
 */
public interface RegistryListener {
  /** The registry is gone for everyone; its id is never used again. */
  void deleted(Handle handle, Registry registry);
}
