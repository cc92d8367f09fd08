package io.hatoba.server.federation;

import io.hatoba.server.account.ShortLivedKeys;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Forgets short-lived keys and used tokens some time after they have expired, on every node. */
@Singleton
final class FederationUpkeep {
  private static final Logger LOG = Logger.getLogger(FederationUpkeep.class);
  private static final long SECONDS_BETWEEN_RUNS = 60;

  private final ShortLivedKeys keys;
  private final Exchange exchange;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("federation").factory());

  FederationUpkeep(ShortLivedKeys keys, Exchange exchange) {
    this.keys = keys;
    this.exchange = exchange;
  }

  void start(@Observes StartupEvent event) {
    var _ =
        timer.scheduleWithFixedDelay(
            this::tryToRun, SECONDS_BETWEEN_RUNS, SECONDS_BETWEEN_RUNS, TimeUnit.SECONDS);
  }

  @PreDestroy
  void stop() {
    timer.shutdown();
  }

  /** Does all that is due now. */
  void runOnce() {
    int keysForgotten = 0;
    int tokensForgotten = 0;
    for (int n = keys.expireOnce(); n > 0; n = keys.expireOnce()) {
      keysForgotten += n;
    }
    for (int n = exchange.expireOnce(); n > 0; n = exchange.expireOnce()) {
      tokensForgotten += n;
    }
    LOG.debugf("looked after federation, keys=%d tokens=%d", keysForgotten, tokensForgotten);
  }

  private void tryToRun() {
    try {
      runOnce();
    } catch (RuntimeException e) {
      LOG.warn("failed to forget expired keys and tokens, will try again in a minute", e);
    }
  }
}
