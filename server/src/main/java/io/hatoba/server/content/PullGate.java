package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Refusal;

/**
 * May this artifact be delivered to this caller? Implemented by features (scan, trust, cache);
 * asked when content goes to a puller, never for the reads that a push or a signing needs. Answers
 * come from verdicts computed beforehand. A gate that throws is a no.
 */
public interface PullGate {
  Answer check(Repository repository, Digest manifest, Actor caller);

  /** Yes, or no with a reason. */
  sealed interface Answer {
    record Allowed() implements Answer {}

    record Refused(Refusal refusal) implements Answer {}
  }
}
