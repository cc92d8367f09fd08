package io.hatoba.server.account;

import io.hatoba.server.registry.Registry;
import io.hatoba.server.registry.RegistryListener;
import jakarta.inject.Singleton;
import org.jdbi.v3.core.Handle;

/** Takes away the roles in a registry that is deleted, so that they count for no limit. */
@Singleton
final class GrantsOfDeleted implements RegistryListener {
  @Override
  public void deleted(Handle handle, Registry registry) {
    handle
        .createUpdate(
            """
            DELETE FROM role_grant
            WHERE registry_id = :registryId
            """)
        .bind("registryId", registry.id())
        .execute();
  }
}
