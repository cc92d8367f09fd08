package io.hatoba.server.sso;

import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Forgets sign-ins that nobody has finished in time, on every node. It needs {@link OidcSignIn}, so
 * a setting of the provider that cannot be used stops the start and not the first sign-in.
 */
@Singleton
final class SignInUpkeep {
  private static final Logger LOG = Logger.getLogger(SignInUpkeep.class);
  private static final long SECONDS_BETWEEN_RUNS = 60;

  private final OidcSignIn signIn;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("sign-ins").factory());

  SignInUpkeep(OidcSignIn signIn) {
    this.signIn = signIn;
  }

  void start(@Observes StartupEvent event) {
    if (signIn.enabled()) {
      var _ =
          timer.scheduleWithFixedDelay(
              this::tryToRun, SECONDS_BETWEEN_RUNS, SECONDS_BETWEEN_RUNS, TimeUnit.SECONDS);
    }
  }

  @PreDestroy
  void stop() {
    timer.shutdown();
  }

  private void tryToRun() {
    try {
      int forgotten = 0;
      for (int n = signIn.expireOnce(); n > 0; n = signIn.expireOnce()) {
        forgotten += n;
      }
      LOG.debugf("looked after sign-ins in progress, forgotten=%d", forgotten);
    } catch (RuntimeException e) {
      LOG.warn("failed to forget old sign-ins, will try again in a minute", e);
    }
  }
}
