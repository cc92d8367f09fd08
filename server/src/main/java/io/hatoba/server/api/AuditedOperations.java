package io.hatoba.server.api;

import io.hatoba.server.audit.AuditLog;
import io.hatoba.server.audit.AuditRow;
import io.hatoba.server.audit.AuditRow.Result;
import io.hatoba.server.content.Actor;
import io.hatoba.server.database.Ids;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.rest.Access;
import io.hatoba.server.rest.Requires;
import jakarta.annotation.Priority;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Context;
import java.lang.reflect.Method;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes a row of the audit log for every operation of the management API that may change
 * something, whether it succeeded or not, before its answer leaves ({@link AuditLog#record}).
 *
 * <p>Not written are requests of nobody known (401; a wrong secret is a failed sign-in, which has
 * its own row) and those above the rate limit; operations that everybody may call, since they are
 * the sign-ins; repeated answers; and what the outbox tells anyway: deleted artifacts and changed
 * tags.
 */
@jakarta.ws.rs.ext.Provider
@Priority(Priorities.USER)
public final class AuditedOperations implements ContainerResponseFilter {
  private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");
  private static final Set<Permission> IN_THE_OUTBOX =
      EnumSet.of(Permission.ARTIFACT_DELETE, Permission.TAG_CREATE, Permission.TAG_DELETE);

  private final Provider<AuditLog> log;
  private final Provider<Ids> ids;
  private final Provider<InstantSource> clock;
  private final CurrentRequester current;

  @Context @Nullable ResourceInfo resource;

  @Inject
  AuditedOperations(
      Provider<AuditLog> log,
      Provider<Ids> ids,
      Provider<InstantSource> clock,
      CurrentRequester current) {
    this.log = log;
    this.ids = ids;
    this.clock = clock;
    this.current = current;
  }

  @Override
  public void filter(ContainerRequestContext request, ContainerResponseContext response) {
    Method method = resource == null ? null : resource.getResourceMethod();
    if (method == null
        || SAFE.contains(request.getMethod())
        || Idempotency.isRepeated(request)
        || response.getStatus() == 401
        || response.getStatus() == 429) {
      return;
    }
    Requires requires = method.getAnnotation(Requires.class);
    Access access = method.getAnnotation(Access.class);
    boolean anybody = access != null && access.value() == Access.Who.ANYBODY;
    Optional<Actor> actor = current.known();
    if (anybody || actor.isEmpty()) {
      return;
    }
    Result result = result(response.getStatus());
    if (requires != null && result == Result.SUCCESS && IN_THE_OUTBOX.contains(requires.value())) {
      return;
    }
    log.get().record(row(request, response, actor.get(), Optional.ofNullable(requires), result));
  }

  private AuditRow row(
      ContainerRequestContext request,
      ContainerResponseContext response,
      Actor actor,
      Optional<Requires> requires,
      Result result) {
    OperationPath path = OperationPath.of(request.getUriInfo().getRequestUri().getRawPath());
    String action =
        requires
            .map(needed -> needed.value().identifier())
            .orElseGet(() -> path.action(request.getMethod()));
    OperationPath target =
        Optional.ofNullable(response.getHeaderString("Location"))
            .filter(location -> response.getStatus() == 201)
            .map(OperationPath::of)
            .orElse(path);
    TreeMap<String, String> detail = new TreeMap<>();
    detail.put("method", request.getMethod());
    detail.put("status", Integer.toString(response.getStatus()));
    if (response.getEntity() instanceof Problems.Problem problem) {
      detail.put("code", problem.code());
    }
    return new AuditRow(
        ids.get().next(),
        Instant.ofEpochMilli(clock.get().millis()),
        actor,
        action,
        target.registry(),
        target.target(),
        result,
        RequestIds.current(),
        detail);
  }

  private static Result result(int status) {
    if (status == 403) {
      return Result.DENIED;
    }
    return status < 400 ? Result.SUCCESS : Result.FAILED;
  }
}
