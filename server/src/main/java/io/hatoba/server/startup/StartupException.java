package io.hatoba.server.startup;

/**
 * The server cannot start, and a person can do something about it. The message is one or two
 * sentences that say what is wrong and what to change; it is printed alone, without a stack trace.
 */
public final class StartupException extends RuntimeException {
  public StartupException(String sentence) {
    super(sentence);
  }

  public StartupException(String sentence, Throwable cause) {
    super(sentence, cause);
  }
}
