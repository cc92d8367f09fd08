package io.hatoba.server.api;

import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Which methods a path of the management API has (RFC 9110, 15.5.6 wants them named). */
@Singleton
class AllowedMethods {
  private static final Pattern PARAMETER = Pattern.compile("\\{\\s*\\w+\\s*(?::\\s*([^{}]*))?\\}");

  private final List<Operation> operations;

  @Inject
  AllowedMethods(BeanManager beans) {
    this(Operations.all(beans).toList());
  }

  AllowedMethods(List<Method> operations) {
    this.operations = operations.stream().map(Operation::of).toList();
  }

  /** For the header {@code Allow}; empty text if no operation has the path. */
  String at(String path) {
    Set<String> methods =
        operations.stream()
            .filter(operation -> operation.path().matcher(path).matches())
            .map(Operation::method)
            .collect(Collectors.toCollection(TreeSet::new));
    if (methods.contains(HttpMethod.GET)) {
      methods.add(HttpMethod.HEAD);
    }
    if (!methods.isEmpty()) {
      methods.add(HttpMethod.OPTIONS);
    }
    return String.join(", ", methods);
  }

  private record Operation(Pattern path, String method) {
    static Operation of(Method method) {
      Path on = method.getAnnotation(Path.class);
      String template =
          "/"
              + strip(method.getDeclaringClass().getAnnotation(Path.class).value())
              + (on == null ? "" : "/" + strip(on.value()));
      StringBuilder path = new StringBuilder();
      Matcher parameters = PARAMETER.matcher(template);
      int end = 0;
      while (parameters.find()) {
        path.append(Pattern.quote(template.substring(end, parameters.start())));
        path.append(parameters.group(1) == null ? "[^/]+" : "(?:" + parameters.group(1) + ")");
        end = parameters.end();
      }
      path.append(Pattern.quote(template.substring(end))).append("/?");
      return new Operation(Pattern.compile(path.toString()), verb(method));
    }

    private static String verb(Method method) {
      return Arrays.stream(method.getAnnotations())
          .map(Annotation::annotationType)
          .filter(type -> type.isAnnotationPresent(HttpMethod.class))
          .map(type -> type.getAnnotation(HttpMethod.class).value())
          .findAny()
          .orElseThrow();
    }

    private static String strip(String path) {
      return path.replaceAll("^/+|/+$", "");
    }
  }
}
