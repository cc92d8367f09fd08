package io.hatoba.server;

import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** Answers what nobody else does: 404 as problem JSON, whatever the method. */
@ApplicationScoped
class UnknownPathRoutes {
  void routes(@Observes Router router) {
    router.route().order(Integer.MAX_VALUE).handler(UnknownPathRoutes::answer);
  }

  private static void answer(RoutingContext context) {
    context
        .response()
        .setStatusCode(404)
        .putHeader("content-type", "application/problem+json")
        .end(
            new JsonObject()
                .put("title", "Not found")
                .put("status", 404)
                .put("detail", "Hatoba has nothing here. Registries are at /v2/.")
                .toString());
  }
}
