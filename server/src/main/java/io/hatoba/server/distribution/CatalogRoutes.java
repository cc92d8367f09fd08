package io.hatoba.server.distribution;

import io.hatoba.oci.ProtocolJson;
import io.hatoba.oci.RepositoryName;
import io.hatoba.server.auth.Caller;
import io.hatoba.server.content.Repositories;
import jakarta.inject.Singleton;
import java.util.List;

/**
 * {@code /v2/_catalog}: the names of all repositories that the caller may read, in byte order. Not
 * in the OCI specification, but clients use it. Filtered by the query itself, so that a page is
 * short only at the end (distribution#1769).
 */
@Singleton
final class CatalogRoutes {
  private final Access access;
  private final Repositories repositories;
  private final DistributionConfig config;

  CatalogRoutes(Access access, Repositories repositories, DistributionConfig config) {
    this.access = access;
    this.repositories = repositories;
    this.config = config;
  }

  void serve(Exchange exchange) {
    if (!exchange.verb().isRead()) {
      throw exchange.methodNotAllowed("GET, HEAD");
    }
    Caller caller = access.allowedToList(exchange);
    Pagination page = Pagination.of(exchange, config.catalogPageSize());
    List<RepositoryName> found =
        page.limit() == 0
            ? List.of()
            : repositories.page(caller.readScope(), page.last(), page.wanted());
    Answer answer = exchange.answer(200);
    page.next("/v2/_catalog", found).ifPresent(link -> answer.header(Headers.LINK, link));
    answer.send(Headers.JSON, ProtocolJson.catalog(page.page(found)));
  }
}
