package io.hatoba.server.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.hatoba.server.auth.SignInListener.Attempt;
import io.hatoba.server.auth.SignInListener.Reason;
import io.hatoba.server.auth.SignInListener.Via;
import io.quarkus.arc.All;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Tells each {@link SignInListener}; of the uses of an access key only some. */
@Singleton
public final class SignIns {
  private static final Logger LOG = Logger.getLogger(SignIns.class);
  private static final Duration PAUSE = Duration.ofMinutes(1);
  private static final int MAX_REMEMBERED = 10_000;
  private static final int LONGEST_NAME = 64;

  private final List<SignInListener> listeners;
  private final Cache<Attempt, Boolean> told;

  public SignIns(@All List<SignInListener> listeners, InstantSource clock) {
    this.listeners = List.copyOf(listeners);
    this.told =
        Caffeine.newBuilder()
            .maximumSize(MAX_REMEMBERED)
            .expireAfterWrite(PAUSE)
            .ticker(() -> TimeUnit.MILLISECONDS.toNanos(clock.millis()))
            .build();
  }

  /** Somebody came in. */
  public void signedIn(Attempt attempt) {
    // A session that begins is an event of its own, however many begin.
    if (attempt.via() != Via.ACCESS_KEY || first(attempt)) {
      tell(attempt, (listener, bounded) -> listener.signedIn(bounded));
    }
  }

  /** Somebody was turned away. */
  public void refused(Attempt attempt, Reason reason) {
    tell(attempt, (listener, bounded) -> listener.refused(bounded, reason));
  }

  private boolean first(Attempt attempt) {
    return !listeners.isEmpty() && told.asMap().putIfAbsent(bounded(attempt), true) == null;
  }

  private void tell(Attempt attempt, Telling telling) {
    for (SignInListener listener : listeners) {
      try {
        telling.tell(listener, bounded(attempt));
      } catch (RuntimeException e) {
        LOG.errorf(e, "failed to record a sign-in, via=%s", attempt.via());
      }
    }
  }

  private static Attempt bounded(Attempt attempt) {
    if (attempt.name().length() <= LONGEST_NAME
        && attempt.name().chars().noneMatch(Character::isISOControl)) {
      return attempt;
    }
    String name = attempt.name().replaceAll("\\p{Cntrl}", " ");
    return new Attempt(
        attempt.via(),
        name.substring(0, Math.min(name.length(), LONGEST_NAME)),
        attempt.principal(),
        attempt.address());
  }

  /** One of the listener's methods. */
  private interface Telling {
    void tell(SignInListener listener, Attempt attempt);
  }
}
