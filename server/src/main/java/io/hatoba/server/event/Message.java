package io.hatoba.server.event;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import io.hatoba.server.content.Event;
import io.hatoba.server.content.Events;
import io.hatoba.server.content.Events.Cursor;
import io.hatoba.server.rest.Json;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An event as a stream sends it (WHATWG HTML, 9.2 Server-sent events).
 *
 * @param text with the empty line that ends it
 */
record Message(Cursor cursor, Event event, String text) {
  private static final Pattern ID = Pattern.compile("([0-9]{1,19})-([0-9]{1,19})");

  static Message of(Events.Recorded recorded) {
    Event event = recorded.event();
    return new Message(
        recorded.cursor(),
        event,
        "id: %s\nevent: %s\ndata: %s\n\n"
            .formatted(id(recorded.cursor()), event.kind().identifier(), json(event)));
  }

  /** The text that {@link #cursor(String)} reads. */
  static String id(Cursor cursor) {
    return cursor.tx() + "-" + cursor.seq();
  }

  /** The place after an event, by its id; empty for what is no id. */
  static Optional<Cursor> cursor(String id) {
    Matcher parts = ID.matcher(id);
    if (!parts.matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Cursor(Long.parseLong(parts.group(1)), Long.parseLong(parts.group(2))));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** The registry that it happened in. */
  static String registry(Event event) {
    int slash = event.repository().indexOf('/');
    return slash < 0 ? event.repository() : event.repository().substring(0, slash);
  }

  private static String json(Event event) {
    int slash = event.repository().indexOf('/');
    try {
      return Json.MAPPER.writeValueAsString(
          new Data(
              event.at(),
              registry(event),
              slash < 0 ? Optional.empty() : Optional.of(event.repository().substring(slash + 1)),
              event.digest().map(Object::toString),
              event.tag().map(tag -> tag.name()),
              event.previous().map(Object::toString),
              event.mediaType(),
              event.actor().principal()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * What the line {@code data} has.
   *
   * @param image absent if it is about the registry
   * @param previousDigest what the tag pointed to before
   */
  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  record Data(
      Instant at,
      String registry,
      Optional<String> image,
      Optional<String> digest,
      Optional<String> tag,
      Optional<String> previousDigest,
      Optional<String> mediaType,
      String actor) {}
}
