package io.hatoba.server.backup;

/**
 * A backup cannot be made, read or put back, and a person can do something about it. The message is
 * one or two sentences that say what is wrong and what to change.
 */
public final class BackupException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public BackupException(String sentence) {
    super(sentence);
  }

  public BackupException(String sentence, Throwable cause) {
    super(sentence, cause);
  }
}
