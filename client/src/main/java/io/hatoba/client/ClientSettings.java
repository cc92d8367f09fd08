package io.hatoba.client;

/**
 * What a caller may decide about a client.
 *
 * @param userAgent sent with every request
 */
public record ClientSettings(Timeouts timeouts, Retries retries, Trust trust, String userAgent) {
  public static final ClientSettings DEFAULT =
      new ClientSettings(Timeouts.DEFAULT, Retries.DEFAULT, Trust.DEFAULT, "hatoba-client");

  public ClientSettings with(Timeouts changed) {
    return new ClientSettings(changed, retries, trust, userAgent);
  }

  public ClientSettings with(Retries changed) {
    return new ClientSettings(timeouts, changed, trust, userAgent);
  }

  public ClientSettings with(Trust changed) {
    return new ClientSettings(timeouts, retries, changed, userAgent);
  }
}
