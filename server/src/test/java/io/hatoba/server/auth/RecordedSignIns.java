package io.hatoba.server.auth;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Writes down what it is told: {@code PASSWORD kim 192.0.2.1}, with the reason of a refusal. */
public final class RecordedSignIns implements SignInListener {
  private final List<String> told = new CopyOnWriteArrayList<>();

  @Override
  public void signedIn(Attempt attempt) {
    told.add(text(attempt));
  }

  @Override
  public void refused(Attempt attempt, Reason reason) {
    told.add(text(attempt) + " " + reason);
  }

  /** What was told so far. */
  public List<String> told() {
    return List.copyOf(told);
  }

  private static String text(Attempt attempt) {
    return attempt.via()
        + " "
        + attempt.name()
        + attempt.principal().map(principal -> " (" + principal + ")").orElse("")
        + " "
        + attempt.address();
  }
}
