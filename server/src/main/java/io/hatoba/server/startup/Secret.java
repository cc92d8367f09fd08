package io.hatoba.server.startup;

/** A secret setting. It prints as {@code ***} and is not a record, so that nothing shows it. */
public final class Secret {
  private final String value;

  private Secret(String value) {
    this.value = value;
  }

  /** Wraps a secret; the name is the one by which the configuration finds the conversion. */
  public static Secret of(String value) {
    return new Secret(value);
  }

  /** The secret itself. */
  public String reveal() {
    return value;
  }

  @Override
  public String toString() {
    return "***";
  }
}
