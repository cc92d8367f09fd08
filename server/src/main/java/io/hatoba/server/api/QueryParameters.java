package io.hatoba.server.api;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.rest.AnyQuery;
import jakarta.annotation.Priority;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Refuses query parameters that an operation does not have, since a misspelt filter would show all,
 * and a character that neither a path nor a query can hold.
 */
@Provider
@Priority(Priorities.USER)
public final class QueryParameters implements ContainerRequestFilter {
  private final Map<Method, Set<String>> known = new ConcurrentHashMap<>();

  @Context @Nullable ResourceInfo resource;

  @Override
  public void filter(ContainerRequestContext context) {
    if (resource == null) {
      throw new IllegalStateException("no operation");
    }
    refuseNul(context.getUriInfo().getPathParameters());
    refuseNul(context.getUriInfo().getQueryParameters());
    if (resource.getResourceMethod().isAnnotationPresent(AnyQuery.class)) {
      return;
    }
    Set<String> names =
        known.computeIfAbsent(resource.getResourceMethod(), QueryParameters::namesOf);
    for (String name : context.getUriInfo().getQueryParameters().keySet()) {
      if (!names.contains(name)) {
        throw new RefusedException(
            Refusal.invalid(
                ErrorCode.REQUEST_INVALID,
                names.isEmpty()
                    ? "this operation has no query parameters"
                    : "this operation has no such query parameter; it has "
                        + String.join(", ", names),
                name.substring(0, Math.min(name.length(), 64))));
      }
    }
  }

  /** No name contains it, and PostgreSQL fails on a text that does. */
  private static void refuseNul(MultivaluedMap<String, String> parameters) {
    for (List<String> values : parameters.values()) {
      for (String value : values) {
        if (value.indexOf('\0') >= 0) {
          throw new RefusedException(
              Refusal.invalid(
                  ErrorCode.REQUEST_INVALID,
                  "the path or the query contains the character U+0000, which no name here has",
                  ""));
        }
      }
    }
  }

  private static Set<String> namesOf(Method method) {
    Set<String> names = new TreeSet<>();
    for (Parameter parameter : method.getParameters()) {
      add(names, parameter);
      if (parameter.isAnnotationPresent(BeanParam.class)) {
        for (AnnotatedElement field : parameter.getType().getDeclaredFields()) {
          add(names, field);
        }
      }
    }
    return names;
  }

  private static void add(Set<String> names, AnnotatedElement element) {
    QueryParam parameter = element.getAnnotation(QueryParam.class);
    if (parameter != null) {
      names.add(parameter.value());
    }
  }
}
