package io.hatoba.server.command;

/** How a command ends. */
enum ExitCode {
  OK(0, "done, and nothing is wrong"),
  FOUND(1, "done, and something is wrong with what was looked at; it is listed"),
  USAGE(2, "an argument or a setting is wrong; nothing was done"),
  FAILED(3, "it could not be done; a sentence on standard error says why");

  private final int code;
  private final String meaning;

  ExitCode(int code, String meaning) {
    this.code = code;
    this.meaning = meaning;
  }

  int code() {
    return code;
  }

  String meaning() {
    return meaning;
  }
}
