package io.hatoba.server.rest;

import io.hatoba.oci.RefusedException;
import io.hatoba.server.content.Actor;
import io.hatoba.server.content.ReadScope;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import java.util.Optional;

/**
 * Who makes the current request. To be injected; knows what was true when the request came in and
 * never asks the database.
 */
public interface Requester {
  /**
   * The same for use inside a transaction, which may run on another thread: there the current
   * request is not known, and what was injected fails.
   */
  Requester detached();

  /** Who it is, for history, events and audit. */
  Actor actor();

  /** The session that the request belongs to, if it came with the console's cookie. */
  Optional<String> sessionId();

  /** Whether the caller is allowed something on a target. */
  boolean may(Permission permission, Target target);

  /**
   * Whether a role of the caller's own includes it, and the access key leaves it: then the caller
   * may hand it on. What everyone may is not meant.
   */
  boolean holds(Permission permission, Target target);

  /**
   * As {@link #may}, and also if it is allowed on some images of the target only. Who goes on after
   * this shows only images that {@link #may} allows.
   */
  boolean mayOnSome(Permission permission, Target target);

  /**
   * As {@link #may}, for targets that are not in the path.
   *
   * @throws RefusedException with {@code UNAUTHORIZED} for who is not known, {@code DENIED} with
   *     the missing permission, {@code NAME_UNKNOWN} where the caller may not know of the registry
   */
  void require(Permission permission, Target target);

  /** The registries in which the caller is allowed something, on the whole or on some images. */
  ReadScope where(Permission permission);
}
