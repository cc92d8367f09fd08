package io.hatoba.server.command;

import java.util.List;

/** Arguments or settings are wrong: a sentence for each. */
final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient List<String> sentences;

  UsageException(List<String> sentences) {
    super(String.join(" ", sentences));
    this.sentences = List.copyOf(sentences);
  }

  List<String> sentences() {
    return sentences;
  }
}
