package io.hatoba.server.api;

import io.hatoba.server.rest.Access;
import io.hatoba.server.rest.Requires;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.inject.Singleton;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Keeps a server from starting that has an operation of which nobody said who may call it. */
@Singleton
final class Operations {
  void check(@Observes StartupEvent event, BeanManager beans) {
    List<String> open =
        all(beans)
            .filter(
                method ->
                    method.isAnnotationPresent(Requires.class)
                        == method.isAnnotationPresent(Access.class))
            .map(method -> method.getDeclaringClass().getName() + "." + method.getName())
            .sorted()
            .toList();
    if (!open.isEmpty()) {
      throw new IllegalStateException("neither or both of @Requires and @Access: " + open);
    }
  }

  /** The operations of all resources. */
  static Stream<Method> all(BeanManager beans) {
    Set<Bean<?>> found = beans.getBeans(Object.class, Any.Literal.INSTANCE);
    return found.stream()
        .map(Bean::getBeanClass)
        .filter(type -> type.isAnnotationPresent(Path.class))
        .distinct()
        .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
        .filter(
            method ->
                Arrays.stream(method.getAnnotations())
                    .anyMatch(
                        annotation ->
                            annotation.annotationType().isAnnotationPresent(HttpMethod.class)));
  }
}
