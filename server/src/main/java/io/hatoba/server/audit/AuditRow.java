package io.hatoba.server.audit;

import io.hatoba.server.content.Actor;
import java.time.Instant;
import java.util.Map;

/**
 * What one did.
 *
 * @param id in the order of time as well as clocks agree
 * @param action {@code registry:create}; the permission that an operation needs, where it has one
 * @param registry the registry it concerns; empty text for the whole service
 * @param target what it was done to: {@code registry:main}, {@code tag:main/app:1.0}
 * @param requestId as in the answer's {@code X-Request-Id}; empty text if there was none
 * @param detail small texts by name; never a secret
 */
public record AuditRow(
    long id,
    Instant at,
    Actor actor,
    String action,
    String registry,
    String target,
    Result result,
    String requestId,
    Map<String, String> detail) {
  private static final int LONGEST_NAME = 256;
  private static final int LONGEST_TARGET = 512;
  private static final int MOST_DETAILS = 16;

  /** What is too long is cut: parts of it come from clients. */
  public AuditRow {
    actor =
        new Actor(
            cut(actor.principal(), LONGEST_NAME),
            cut(actor.via(), LONGEST_NAME),
            cut(actor.address(), LONGEST_NAME));
    action = cut(action, LONGEST_NAME);
    registry = cut(registry, LONGEST_NAME);
    target = cut(target, LONGEST_TARGET);
    requestId = cut(requestId, LONGEST_NAME);
    detail = Details.bounded(detail, MOST_DETAILS, LONGEST_NAME);
  }

  static String cut(String text, int longest) {
    // PostgreSQL has no text with a NUL in it.
    String clean = text.indexOf('\0') < 0 ? text : text.replace('\0', '\uFFFD');
    if (clean.length() <= longest) {
      return clean;
    }
    int end = Character.isHighSurrogate(clean.charAt(longest - 2)) ? longest - 2 : longest - 1;
    return clean.substring(0, end) + "…";
  }

  /** How it ended. */
  public enum Result {
    SUCCESS("success"),
    /** The caller may not. */
    DENIED("denied"),
    /** It was not possible, or it broke. */
    FAILED("failed");

    private final String identifier;

    Result(String identifier) {
      this.identifier = identifier;
    }

    /** As it is written in the database and in answers. */
    public String identifier() {
      return identifier;
    }

    static Result of(String identifier) {
      for (Result result : values()) {
        if (result.identifier.equals(identifier)) {
          return result;
        }
      }
      throw new IllegalArgumentException("no result is called " + identifier);
    }
  }
}
