package io.hatoba.server.rest;

import io.hatoba.oci.RefusedException;
import java.util.function.Supplier;

/**
 * Lets what goes on for long after its request was let through, as a stream does, ask again what
 * its caller may. To be injected.
 */
public interface Renewal {
  /**
   * The caller of the current request, each time with what is true then. Asks the database, and may
   * be called from any thread and after the request.
   *
   * <p>The supplier throws {@link RefusedException} if the credentials no longer work.
   */
  Supplier<Requester> ofThisRequest();
}
