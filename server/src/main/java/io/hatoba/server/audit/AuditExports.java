package io.hatoba.server.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.audit.AuditStore.Found;
import io.hatoba.server.audit.AuditStore.Place;
import io.hatoba.server.rest.Json;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;

/**
 * Exports of the audit log, newest first: read in pages, and no connection to the database is held
 * while the bytes of a page flow. What is added meanwhile is not in it.
 */
@Singleton
class AuditExports {
  static final String CSV = "text/csv";
  static final String JSON_LINES = "application/x-ndjson";

  private static final int AT_ONCE = 4;
  private static final int PAGE = 1_000;
  private static final String HEADER =
      "id,at,actor,via,address,action,registry,target,result,requestId,detail\r\n";

  private final AuditStore store;
  private final Semaphore places = new Semaphore(AT_ONCE);

  AuditExports(AuditStore store) {
    this.store = store;
  }

  /** The export that a client prefers to JSON, if any. */
  static Optional<Format> wanted(List<MediaType> acceptable) {
    for (MediaType type : acceptable) {
      if (type.isCompatible(MediaType.APPLICATION_JSON_TYPE)) {
        return Optional.empty();
      }
      if (type.isCompatible(MediaType.valueOf(CSV))) {
        return Optional.of(Format.CSV);
      }
      if (type.isCompatible(MediaType.valueOf(JSON_LINES))) {
        return Optional.of(Format.JSON_LINES);
      }
    }
    return Optional.empty();
  }

  /**
   * The answer, whose body is written as it is read.
   *
   * @throws RefusedException with {@code TOOMANYREQUESTS} if {@value #AT_ONCE} exports of this node
   *     are under way
   */
  Response answer(AuditFilter filter, Format format) {
    StreamingOutput body = output -> write(filter, format, output);
    if (places.availablePermits() == 0) {
      throw tooMany();
    }
    return Response.ok(body)
        .type(format == Format.CSV ? CSV + ";charset=UTF-8;header=present" : JSON_LINES)
        .header(
            HttpHeaders.CONTENT_DISPOSITION,
            "attachment; filename=\"audit." + (format == Format.CSV ? "csv" : "ndjson") + "\"")
        .build();
  }

  private void write(AuditFilter filter, Format format, OutputStream output) throws IOException {
    if (!places.tryAcquire()) {
      throw tooMany();
    }
    try {
      if (format == Format.CSV) {
        output.write(HEADER.getBytes(StandardCharsets.UTF_8));
      }
      Optional<Place> place = Optional.empty();
      do {
        Found found = store.page(filter, place, PAGE);
        StringBuilder lines = new StringBuilder();
        for (AuditRow row : found.rows()) {
          lines.append(format == Format.CSV ? csv(row) : json(row));
        }
        output.write(lines.toString().getBytes(StandardCharsets.UTF_8));
        place = found.next();
      } while (place.isPresent());
    } finally {
      places.release();
    }
  }

  private static RefusedException tooMany() {
    return new RefusedException(
        new Refusal.TooMany(
            "%d exports of the audit log are under way; wait for one to end".formatted(AT_ONCE),
            Duration.ofSeconds(10)));
  }

  private static String json(AuditRow row) {
    try {
      return Json.MAPPER.writeValueAsString(AuditResource.Shown.of(row)) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static String csv(AuditRow row) {
    return List.of(
                Long.toString(row.id()),
                row.at().toString(),
                row.actor().principal(),
                row.actor().via(),
                row.actor().address(),
                row.action(),
                row.registry(),
                row.target(),
                row.result().identifier(),
                row.requestId(),
                row.detail().isEmpty() ? "" : Details.json(row.detail()))
            .stream()
            .map(AuditExports::cell)
            .collect(Collectors.joining(","))
        + "\r\n";
  }

  /**
   * A cell by RFC 4180. What a spreadsheet would take for a formula begins with an apostrophe
   * (OWASP, CSV injection).
   */
  static String cell(String text) {
    String safe = text;
    if (!text.isEmpty() && "=+-@\t\r\n|%".indexOf(text.charAt(0)) >= 0) {
      safe = "'" + text;
    }
    boolean quoted = safe.chars().anyMatch(c -> c == ',' || c == '"' || c == '\r' || c == '\n');
    return quoted ? '"' + safe.replace("\"", "\"\"") + '"' : safe;
  }

  /** What an export is written as. */
  enum Format {
    CSV,
    JSON_LINES
  }
}
