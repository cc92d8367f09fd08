package io.hatoba.server.distribution;

import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Registers the registry protocol with the router, before everything else, and decides on which
 * thread a request is answered.
 */
@Singleton
public final class DistributionRoutes {
  private static final int BEFORE_EVERYTHING = -2000;

  private final BaseRoutes base;
  private final CatalogRoutes catalog;
  private final ExtensionRoutes extensions;
  private final BlobRoutes blobs;
  private final BlobUploadRoutes uploads;
  private final ManifestRoutes manifests;
  private final TagRoutes tags;
  private final ReferrerRoutes referrers;
  private final Access access;
  private final Refusals refusals;
  private final UploadSlots slots;
  private final ExecutorService virtualThreads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("distribution-", 0).factory());

  DistributionRoutes(
      BaseRoutes base,
      CatalogRoutes catalog,
      ExtensionRoutes extensions,
      BlobRoutes blobs,
      BlobUploadRoutes uploads,
      ManifestRoutes manifests,
      TagRoutes tags,
      ReferrerRoutes referrers,
      Access access,
      Refusals refusals,
      UploadSlots slots) {
    this.base = base;
    this.catalog = catalog;
    this.extensions = extensions;
    this.blobs = blobs;
    this.uploads = uploads;
    this.manifests = manifests;
    this.tags = tags;
    this.referrers = referrers;
    this.access = access;
    this.refusals = refusals;
    this.slots = slots;
  }

  /**
   * Called once at start. Our paths are told by their text as it was sent: a pattern of the router
   * would resolve dots, and fail on what cannot be decoded before anybody could refuse it.
   */
  void register(@Observes Router router) {
    router
        .route()
        .order(BEFORE_EVERYTHING)
        .handler(
            context -> {
              if (isOurs(context.request().path())) {
                handle(context);
              } else {
                context.next();
              }
            });
  }

  private static boolean isOurs(@Nullable String path) {
    return path != null && (path.startsWith("/v2/") || path.equals("/v2"));
  }

  private void handle(RoutingContext context) {
    Exchange exchange = new Exchange(context.request(), context.vertx().getOrCreateContext());
    try {
      Target target = RouteParser.parse(exchange.path());
      if (isAnsweredFromMemory(exchange, target)) {
        return;
      }
      exchange.holdBody(slots::share);
      // From here on the request is served on a thread that may wait.
      virtualThreads.execute(() -> serve(exchange, target));
    } catch (RuntimeException e) {
      exchange.holdBody(slots::share);
      refusals.answer(exchange, e);
    }
  }

  private boolean isAnsweredFromMemory(Exchange exchange, Target target) {
    if (exchange.hasBody()) {
      return false;
    }
    return switch (target) {
      case Target.Manifest manifest -> manifests.answeredFromMemory(exchange, manifest);
      case Target.Blob blob -> blobs.answeredFromMemory(exchange, blob);
      case Target.Base _
          when exchange.verb().isRead() && access.remembered(exchange).isPresent() -> {
        BaseRoutes.welcome(exchange);
        yield true;
      }
      case Target.Base _, Target.Catalog _, Target.Extensions _, Target.NewUpload _ -> false;
      case Target.Upload _, Target.Tags _, Target.Referrers _, Target.Nothing _ -> false;
    };
  }

  private void serve(Exchange exchange, Target target) {
    try {
      switch (target) {
        case Target.Base _ -> base.serve(exchange);
        case Target.Catalog _ -> catalog.serve(exchange);
        case Target.Extensions _ -> extensions.serve(exchange);
        case Target.Blob blob -> blobs.serve(exchange, blob);
        case Target.NewUpload upload -> uploads.serve(exchange, upload);
        case Target.Upload upload -> uploads.serve(exchange, upload);
        case Target.Manifest manifest -> manifests.serve(exchange, manifest);
        case Target.Tags list -> tags.serve(exchange, list);
        case Target.Referrers list -> referrers.serve(exchange, list);
        case Target.Nothing _ -> throw Refusals.noSuchResource();
      }
    } catch (Throwable e) { // whatever it is, the client gets an answer and the log the reason
      refusals.answer(exchange, e);
    }
  }
}
