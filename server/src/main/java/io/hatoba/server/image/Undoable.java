package io.hatoba.server.image;

import io.hatoba.server.content.Removed;
import jakarta.ws.rs.core.Response;

/** How the answer to a deletion says that it can be undone. */
final class Undoable {
  static final String DESCRIPTION =
      "If it can be undone, `Hatoba-Deletion-Id` names the deletion and `Hatoba-Restorable-Until` says"
          + " until when: `POST /registries/{registry}/deleted/{id}/restore`.";

  private Undoable() {}

  /** 204 with the headers. */
  static Response answer(Removed removed) {
    Response.ResponseBuilder answer = Response.noContent();
    removed
        .undo()
        .ifPresent(
            undo ->
                answer
                    .header("Hatoba-Deletion-Id", undo.id())
                    .header("Hatoba-Restorable-Until", undo.until()));
    return answer.build();
  }
}
