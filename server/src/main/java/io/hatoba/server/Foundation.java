package io.hatoba.server;

import io.hatoba.server.database.Database;
import io.hatoba.server.database.DatabaseConfig;
import io.hatoba.server.database.Databases;
import io.hatoba.server.database.Ids;
import io.hatoba.server.startup.DataFolder;
import io.hatoba.server.startup.NodeId;
import io.hatoba.server.startup.StartupException;
import io.hatoba.server.storage.FileStorage;
import io.hatoba.server.storage.Storage;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What everything stands on: data folder, then database, then storage.
 *
 * <p>Opened when the first feature asks, which is before the port is open. Closed by {@link Main}
 * in the opposite order after Quarkus and with it every feature has stopped, since some of them
 * write until their end; no order between beans would promise that.
 */
@Singleton
final class Foundation {
  private static final Logger LOG = Logger.getLogger(Foundation.class);
  private static final AtomicReference<@Nullable Foundation> OPEN = new AtomicReference<>();

  private final DataFolder folder;
  private final Database database;
  private final Storage storage;

  /**
   * Opens all of it.
   *
   * @throws StartupException if that is impossible, with a sentence that says what to change
   */
  @Inject
  Foundation(ServerConfig server, DatabaseConfig databaseConfig) {
    this.folder = DataFolder.open(server.data());
    this.database = Databases.open(databaseConfig, folder);
    this.storage = FileStorage.open(folder.path());
    OPEN.set(this);
  }

  @Produces
  @Singleton
  Database database() {
    return database;
  }

  @Produces
  @Singleton
  Storage storage() {
    return storage;
  }

  @Produces
  @Singleton
  NodeId node() {
    return folder.node();
  }

  @Produces
  @Singleton
  static InstantSource clock() {
    return InstantSource.system();
  }

  @Produces
  @Singleton
  static Ids ids(InstantSource clock) {
    return Ids.random(clock);
  }

  /** Closes what is open, if anything is. */
  static void close() {
    Foundation open = OPEN.getAndSet(null);
    if (open == null) {
      return;
    }
    open.database.close();
    try {
      open.folder.close();
    } catch (IOException e) {
      LOG.warn("failed to release the data folder, the end of the process does", e);
    }
  }
}
