package io.hatoba.server.outbound;

import java.util.Map;
import java.util.Optional;

/** What came of a {@link Call}. */
public sealed interface Reply {
  /**
   * The other server answered.
   *
   * @param headers by name in lower case; of several with one name the first
   * @param body read as UTF-8
   */
  record Answered(int status, Map<String, String> headers, String body) implements Reply {
    public Answered {
      headers = Map.copyOf(headers);
    }

    /** The first value of a header; the name in lower case. */
    public Optional<String> header(String name) {
      return Optional.ofNullable(headers.get(name));
    }
  }

  /**
   * The address may not be asked, and nothing was sent.
   *
   * @param reason what is wrong with it and which setting would allow it
   */
  record Forbidden(String reason) implements Reply {}

  /**
   * No whole answer came.
   *
   * @param reason a sentence without anything secret
   */
  record Failed(String reason) implements Reply {}
}
