package io.hatoba.server;

import io.hatoba.server.auth.TokenRoutes;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/** The token endpoint, and the answer to what nobody else answers: 404 as problem JSON. */
@Singleton
class Routes {
  private final TokenRoutes tokens;

  @Inject
  Routes(TokenRoutes tokens) {
    this.tokens = tokens;
  }

  void register(@Observes Router router) {
    tokens.register(router);
    router.route().order(Integer.MAX_VALUE).handler(Routes::unknown);
  }

  private static void unknown(RoutingContext context) {
    context
        .response()
        .setStatusCode(404)
        .putHeader("content-type", "application/problem+json")
        .end(
            new JsonObject()
                .put("title", "Not found")
                .put("status", 404)
                .put("detail", "Hatoba has nothing here. The registry protocol is at /v2/.")
                .toString());
  }
}
