package io.hatoba.server.audit;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.audit.AuditRow.Result;
import io.hatoba.server.audit.AuditStore.Found;
import io.hatoba.server.audit.AuditStore.Place;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.rest.Page;
import io.hatoba.server.rest.Paging;
import io.hatoba.server.rest.Requires;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/audit}: the audit log, newest first, a page at a time as JSON or all of it as CSV
 * or JSON lines ({@code audit:read}). FEATURES B4.
 */
@Path("/api/v1/audit")
@RunOnVirtualThread
public final class AuditResource {
  private final AuditStore store;
  private final AuditExports exports;

  @Inject
  AuditResource(AuditStore store, AuditExports exports) {
    this.store = store;
    this.exports = exports;
  }

  /** A page, or all rows of the filters as CSV (RFC 4180) or JSON lines, as the client accepts. */
  @GET
  @Produces({MediaType.APPLICATION_JSON, AuditExports.CSV, AuditExports.JSON_LINES})
  @Requires(Permission.AUDIT_READ)
  @Operation(
      summary = "List or export the audit log",
      description =
          "Newest first. A page may have fewer items than `limit`, even none, and yet a `next`: for"
              + " a rare combination of filters only so much is searched for each page."
              + " `Accept: text/csv` or `application/x-ndjson` exports all rows of the filters in"
              + " one answer, without pages.")
  @APIResponse(
      responseCode = "200",
      description = "The rows.",
      content = {
        @Content(
            mediaType = MediaType.APPLICATION_JSON,
            schema = @Schema(implementation = Rows.class)),
        @Content(mediaType = AuditExports.CSV, schema = @Schema(type = SchemaType.STRING)),
        @Content(mediaType = AuditExports.JSON_LINES, schema = @Schema(type = SchemaType.STRING))
      })
  public Response list(
      @BeanParam Filters filters, @BeanParam Paging paging, @Context HttpHeaders headers) {
    AuditFilter filter = filters.parse();
    return AuditExports.wanted(headers.getAcceptableMediaTypes())
        .map(format -> exports.answer(filter, format))
        .orElseGet(() -> Response.ok(page(filter, paging), MediaType.APPLICATION_JSON).build());
  }

  private Rows page(AuditFilter filter, Paging paging) {
    Optional<Place> before = paging.after(2).map(AuditResource::place);
    Found found = store.page(filter, before, paging.limit());
    Page<Shown> page =
        paging.searched(
            found.rows().stream().map(Shown::of).toList(),
            found
                .next()
                .map(place -> List.of(Long.toString(place.time()), Long.toString(place.id()))));
    return new Rows(page.items(), page.next());
  }

  private static Place place(List<String> key) {
    try {
      return new Place(Long.parseLong(key.get(0)), Long.parseLong(key.get(1)));
    } catch (NumberFormatException e) {
      throw invalid("this cursor is not one of this list; start without a cursor", "cursor");
    }
  }

  private static RefusedException invalid(String message, String parameter) {
    return new RefusedException(Refusal.invalid(ErrorCode.REQUEST_INVALID, message, parameter));
  }

  /** Which rows. */
  public static final class Filters {
    private static final int LONGEST = 256;

    @Parameter(description = "Who did it: `account:kim`, `robot:ci`, `anonymous`, `system`.")
    @QueryParam("actor")
    @Nullable String actor;

    @Parameter(description = "What was done: `registry:create`, `artifact:push`, `session:create`.")
    @QueryParam("action")
    @Nullable String action;

    @Parameter(description = "The registry that it concerns.")
    @QueryParam("registry")
    @Nullable String registry;

    @Parameter(description = "The earliest time, included: `2026-11-24T00:00:00Z`.")
    @QueryParam("from")
    @Nullable String from;

    @Parameter(description = "The latest time, not included.")
    @QueryParam("to")
    @Nullable String to;

    @Parameter(description = "How it ended: `success`, `denied` or `failed`.")
    @QueryParam("result")
    @Nullable String result;

    @Parameter(description = "A part of actor, key, address or target, whatever the case.")
    @QueryParam("q")
    @Nullable String q;

    AuditFilter parse() {
      return new AuditFilter(
          text(actor, "actor"),
          text(action, "action"),
          text(registry, "registry"),
          parsed(result, Result::of, "result is success, denied or failed", "result"),
          time(from, "from"),
          time(to, "to"),
          text(q, "q"));
    }

    private static Optional<String> text(@Nullable String text, String name) {
      if (text == null) {
        return Optional.empty();
      }
      if (text.isEmpty() || text.length() > LONGEST || text.indexOf('\0') >= 0) {
        throw invalid(name + " has 1 to " + LONGEST + " characters", name);
      }
      return Optional.of(text);
    }

    private static Optional<Instant> time(@Nullable String text, String name) {
      return parsed(
          text,
          Filters::instant,
          name + " is a time from 1970 to 9999 such as 2026-11-24T00:00:00Z",
          name);
    }

    private static Instant instant(String text) {
      try {
        Instant time = Instant.parse(text);
        if (time.isBefore(Instant.EPOCH) || time.isAfter(Instant.parse("9999-12-31T23:59:59Z"))) {
          throw new IllegalArgumentException("out of range");
        }
        return time;
      } catch (DateTimeParseException e) {
        throw new IllegalArgumentException(e);
      }
    }

    private static <T> Optional<T> parsed(
        @Nullable String text, Function<String, T> parser, String rule, String name) {
      if (text == null) {
        return Optional.empty();
      }
      try {
        return Optional.of(parser.apply(text));
      } catch (IllegalArgumentException e) {
        throw invalid(rule, name);
      }
    }
  }

  /** A page; see {@link Page}. */
  @Schema(name = "AuditPage")
  public record Rows(List<Shown> items, Optional<String> next) {
    public Rows {
      items = List.copyOf(items);
    }
  }

  /** A row as the API shows it. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @Schema(name = "AuditRow")
  public record Shown(
      String id,
      Instant at,
      String actor,
      Optional<String> via,
      Optional<String> address,
      String action,
      Optional<String> registry,
      String target,
      String result,
      Optional<String> requestId,
      Map<String, String> detail) {
    public Shown {
      detail = Map.copyOf(detail);
    }

    static Shown of(AuditRow row) {
      return new Shown(
          Long.toString(row.id()),
          row.at(),
          row.actor().principal(),
          present(row.actor().via()),
          present(row.actor().address()),
          row.action(),
          present(row.registry()),
          row.target(),
          row.result().identifier(),
          present(row.requestId()),
          row.detail());
    }

    private static Optional<String> present(String text) {
      return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }
  }
}
