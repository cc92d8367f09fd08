package io.hatoba.server;

import io.hatoba.server.account.Bootstrap;
import io.hatoba.server.account.Bootstrap.Outcome;
import io.hatoba.server.reclaim.Reclaimer;
import io.hatoba.server.registry.RegistryDeletion;
import io.hatoba.server.startup.StartupException;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * What happens between an open database and an open port: the first login is made if there is none,
 * and what runs in the background starts. The port is opened only after this returned.
 */
@Singleton
class Startup {
  private static final Logger LOG = Logger.getLogger(Startup.class);

  private final ServerConfig config;
  private final Bootstrap bootstrap;
  private final Reclaimer reclaimer;
  private final RegistryDeletion deletion;
  private Optional<Outcome.Made> made = Optional.empty();

  @Inject
  Startup(
      ServerConfig config, Bootstrap bootstrap, Reclaimer reclaimer, RegistryDeletion deletion) {
    this.config = config;
    this.bootstrap = bootstrap;
    this.reclaimer = reclaimer;
    this.deletion = deletion;
  }

  void start(@Observes StartupEvent event) {
    switch (bootstrap.run(wanted())) {
      case Outcome.Made first -> made = Optional.of(first);
      case Outcome.AlreadyThere(var differing) -> {
        for (String what : differing) {
          LOG.warnf("configured for the first start only and different in the database: %s", what);
        }
      }
    }
    reclaimer.start();
    deletion.start();
  }

  /** What this start made, if it was the first one. */
  Optional<Outcome.Made> made() {
    return made;
  }

  private Bootstrap.Wanted wanted() {
    try {
      return Bootstrap.Wanted.parse(
          config.adminPassword(), config.bootstrap().accessKey(), config.bootstrap().registry());
    } catch (IllegalArgumentException e) {
      throw new StartupException(String.valueOf(e.getMessage()), e);
    }
  }
}
