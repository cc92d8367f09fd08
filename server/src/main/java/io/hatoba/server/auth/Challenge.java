package io.hatoba.server.auth;

import io.hatoba.oci.Refusal;
import io.hatoba.server.endpoint.Endpoint;
import io.hatoba.server.startup.StartupException;
import jakarta.inject.Singleton;
import java.util.regex.Pattern;

/**
 * The {@code WWW-Authenticate} header of a 401. Realm and service stay the same from answer to
 * answer, every value is quoted, and the word of another scheme does not occur: clients stumble
 * over each of these (research: oci-clients 2.1).
 */
@Singleton
public final class Challenge {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._:-]{1,64}");

  private final String service;

  public Challenge(AuthConfig config) {
    this.service = config.service();
    if (!NAME.matcher(service).matches() || !NAME.matcher(config.issuer()).matches()) {
      throw new StartupException(
          "hatoba.auth.service and hatoba.auth.issuer have 1 to 64 characters of A-Z, a-z, 0-9,"
              + " '.', '_', ':' and '-'.");
    }
  }

  /** The header for a request to the registry protocol. */
  public String bearer(Endpoint endpoint, Refusal.Unauthorized refusal) {
    StringBuilder header = new StringBuilder("Bearer realm=\"");
    header.append(endpoint.origin()).append("/token\",service=\"").append(service).append('"');
    if (!refusal.scopes().isEmpty()) {
      header.append(",scope=\"").append(String.join(" ", refusal.scopes())).append('"');
    }
    refusal
        .challengeError()
        .ifPresent(error -> header.append(",error=\"").append(error).append('"'));
    return header.toString();
  }

  /** The header for the token endpoint itself. */
  String basic() {
    return "Basic realm=\"" + service + "\",charset=\"UTF-8\"";
  }
}
