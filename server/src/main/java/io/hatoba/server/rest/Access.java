package io.hatoba.server.rest;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Who may call an operation that needs no {@link Requires permission}. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Access {
  /** Who may. */
  Who value();

  /** Callers by what is known of them. */
  enum Who {
    /** Everybody, also without credentials. */
    ANYBODY,
    /**
     * Whoever has shown credentials. What the operation shows or changes is the caller's own, or it
     * asks {@link Requester} itself because the target is not in the path.
     */
    SIGNED_IN,
    /**
     * As {@link #SIGNED_IN}, and with all that the account has: a session, or an access key that is
     * not narrowed by scopes; and of a person, not of a service account. For what opens the
     * account: passwords, keys, sessions.
     */
    OWNER
  }
}
