package io.hatoba.oci;

/**
 * Carries a {@link Refusal} to the renderer of the answer. It has no subclasses, no cause and no
 * stack trace: it is an answer, not a defect.
 */
public final class RefusedException extends RuntimeException {
  private final transient Refusal refusal;

  public RefusedException(Refusal refusal) {
    super(refusal.code() + ": " + refusal.message(), null, false, false);
    this.refusal = refusal;
  }

  /** The answer. */
  public Refusal refusal() {
    return refusal;
  }
}
