package io.hatoba.server.api;

import com.fasterxml.jackson.core.type.TypeReference;
import io.hatoba.server.rest.Json;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.Yaml;

/**
 * {@code /api/v1/openapi.json} and {@code .yaml}, for everybody: the file of the repository, of
 * which a test knows that it is the document of the code. To make it from the code would take a
 * quarter of the time of a start.
 */
@Singleton
public final class OpenApiRoutes {
  private static final String JSON = "application/json";
  private static final String YAML = "application/yaml";

  /** By media type, once somebody has asked. */
  private final Map<String, Buffer> documents = new ConcurrentHashMap<>(2);

  void register(@Observes Router router) {
    serve(router, "/api/v1/openapi.json", JSON);
    serve(router, "/api/v1/openapi.yaml", YAML);
  }

  private void serve(Router router, String path, String type) {
    router.get(path).blockingHandler(context -> answer(context, type), false);
    router.head(path).blockingHandler(context -> answer(context, type), false);
  }

  private void answer(RoutingContext context, String type) {
    Buffer document = documents.computeIfAbsent(type, OpenApiRoutes::document);
    context.response().putHeader(HttpHeaders.CONTENT_TYPE, type).end(document);
  }

  private static Buffer document(String type) {
    try (InputStream file =
        Objects.requireNonNull(OpenApiRoutes.class.getResourceAsStream("/openapi.json"))) {
      byte[] json = file.readAllBytes();
      return type.equals(JSON) ? Buffer.buffer(json) : Buffer.buffer(asYaml(json));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String asYaml(byte[] json) throws IOException {
    DumperOptions options = new DumperOptions();
    options.setDefaultFlowStyle(DumperOptions.FlowStyle.BLOCK);
    return new Yaml(options)
        .dump(Json.MAPPER.readValue(json, new TypeReference<LinkedHashMap<String, Object>>() {}));
  }
}
