package io.hatoba.server.distribution;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.auth.Action;
import io.hatoba.server.auth.Caller;
import io.hatoba.server.content.PullGate;
import io.hatoba.server.content.Repository;
import io.quarkus.arc.All;
import jakarta.inject.Singleton;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * All features that may keep an artifact from being delivered. Asked when a manifest goes to a
 * puller; whoever's credentials for this request allow a push reads for a push or a signing and is
 * not asked about, and {@code HEAD} delivers nothing. A gate that fails is a no.
 */
@Singleton
final class PullGates {
  private static final Logger LOG = Logger.getLogger(PullGates.class);

  private final List<PullGate> gates;

  PullGates(@All List<PullGate> gates) {
    this.gates = List.copyOf(gates);
  }

  /** Whether there is nothing to ask. */
  boolean areOpen() {
    return gates.isEmpty();
  }

  /**
   * Returns if every gate lets the manifest through.
   *
   * @throws RefusedException with the refusal of the first that does not
   */
  void check(Repository repository, Digest manifest, Caller caller) {
    if (gates.isEmpty() || caller.may(repository.name(), Action.PUSH)) {
      return;
    }
    for (PullGate gate : gates) {
      if (answer(gate, repository, manifest, caller)
          instanceof PullGate.Answer.Refused(Refusal refusal)) {
        throw new RefusedException(refusal);
      }
    }
  }

  private static PullGate.Answer answer(
      PullGate gate, Repository repository, Digest manifest, Caller caller) {
    try {
      return gate.check(repository, manifest, caller.actor());
    } catch (RuntimeException e) {
      LOG.errorf(
          e,
          "failed to ask a pull gate gate=%s repository=%s manifest=%s",
          gate.getClass().getName(),
          repository.name(),
          manifest);
      return new PullGate.Answer.Refused(
          new Refusal.Denied(
              "whether this artifact may be pulled could not be decided; try again later",
              manifest.toString()));
    }
  }
}
