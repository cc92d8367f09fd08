package io.hatoba.server.audit;

import io.hatoba.server.audit.AuditRow.Result;
import io.hatoba.server.content.Event;
import io.hatoba.server.content.EventCursors;
import io.hatoba.server.content.Events;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Copies pushes, deletes and moves of tags from the outbox: each exactly once, since the cursor
 * moves in the transaction that adds the rows, and by one node at a time. So a push itself writes
 * nothing for the audit log.
 */
@Singleton
class AuditedContent {
  static final String READER = "audit";
  private static final int BATCH = 500;

  private final Database database;
  private final Events events;
  private final EventCursors cursors;
  private final AuditStore store;
  private final Ids ids;

  AuditedContent(
      Database database, Events events, EventCursors cursors, AuditStore store, Ids ids) {
    this.database = database;
    this.events = events;
    this.cursors = cursors;
    this.store = store;
    this.ids = ids;
  }

  void register() {
    cursors.register(READER);
  }

  /** Copies all that has happened, in small transactions. Does nothing while another node does. */
  void copyAll() {
    if (database.read(handle -> events.after(handle, cursors.of(handle, READER), 1).isEmpty())) {
      return; // as mostly, and then without a turn of the writer
    }
    int copied;
    do {
      copied = copyOnce();
    } while (copied == BATCH);
  }

  private int copyOnce() {
    return database.write(
        handle -> {
          Optional<Events.Cursor> cursor = cursors.take(handle, READER);
          if (cursor.isEmpty()) {
            return 0;
          }
          List<Events.Recorded> batch = events.after(handle, cursor.get(), BATCH);
          if (batch.isEmpty()) {
            return 0;
          }
          store.insert(
              handle,
              batch.stream()
                  .map(Events.Recorded::event)
                  .flatMap(event -> row(event).stream())
                  .toList());
          cursors.moveOn(handle, READER, batch.getLast().cursor());
          return batch.size();
        });
  }

  private Optional<AuditRow> row(Event event) {
    return action(event.kind())
        .map(
            action ->
                new AuditRow(
                    ids.next(),
                    event.at(),
                    event.actor(),
                    action,
                    registry(event.repository()),
                    target(event),
                    Result.SUCCESS,
                    "",
                    detail(event)));
  }

  /** Empty for what nobody did, and for what the request to the management API is noted for. */
  private static Optional<String> action(Event.Kind kind) {
    return switch (kind) {
      case ARTIFACT_PUSHED -> Optional.of("artifact:push");
      case ARTIFACT_DELETED -> Optional.of("artifact:delete");
      case ARTIFACT_RESTORED -> Optional.of("artifact:restore");
      case TAG_CREATED -> Optional.of("tag:create");
      case TAG_MOVED -> Optional.of("tag:move");
      case TAG_DELETED -> Optional.of("tag:delete");
      case QUOTA_WARNING, QUOTA_EXCEEDED, REGISTRY_DELETED -> Optional.empty();
    };
  }

  private static String registry(String repository) {
    int slash = repository.indexOf('/');
    return slash < 0 ? repository : repository.substring(0, slash);
  }

  private static String target(Event event) {
    return event
        .tag()
        .map(tag -> "tag:" + event.repository() + ":" + tag.name())
        .orElseGet(
            () ->
                "artifact:"
                    + event.repository()
                    + event.digest().map(digest -> "@" + digest).orElse(""));
  }

  private static Map<String, String> detail(Event event) {
    Map<String, String> detail = new TreeMap<>();
    if (event.tag().isPresent()) {
      event.digest().ifPresent(digest -> detail.put("digest", digest.toString()));
    }
    event.previous().ifPresent(digest -> detail.put("previousDigest", digest.toString()));
    event.mediaType().ifPresent(mediaType -> detail.put("mediaType", mediaType));
    return detail;
  }
}
