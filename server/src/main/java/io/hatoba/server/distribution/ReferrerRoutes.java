package io.hatoba.server.distribution;

import io.hatoba.oci.Digest;
import io.hatoba.oci.MediaTypes;
import io.hatoba.oci.ReferrersIndex;
import io.hatoba.server.auth.Caller;
import io.hatoba.server.content.Referrers;
import io.hatoba.server.content.Repositories;
import jakarta.inject.Singleton;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * {@code /v2/<name>/referrers/<digest>} (end-12): what names this digest as its subject. An index
 * with nothing in it, and never 404, for a subject or a repository that does not exist: clients
 * take 404 for a registry without this API (oras-go#633).
 */
@Singleton
final class ReferrerRoutes {
  private final Access access;
  private final Repositories repositories;
  private final Referrers referrers;
  private final DistributionConfig config;

  ReferrerRoutes(
      Access access, Repositories repositories, Referrers referrers, DistributionConfig config) {
    this.access = access;
    this.repositories = repositories;
    this.referrers = referrers;
    this.config = config;
  }

  void serve(Exchange exchange, Target.Referrers target) {
    if (!exchange.verb().isRead()) {
      throw exchange.methodNotAllowed("GET, HEAD");
    }
    Caller caller = access.allowed(exchange, target.repository(), Access.PULL);
    Set<String> types = artifactTypes(exchange);
    Optional<Digest> last =
        exchange.query("last").filter(text -> !text.isEmpty()).map(Digest::parse);
    int maxBytes = Math.toIntExact(config.referrersPageSize().asLongValue());
    Referrers.Page page =
        repositories
            .find(target.repository(), caller.sees(target.repository()))
            .map(repository -> referrers.page(repository, target.subject(), types, last, maxBytes))
            .orElseGet(
                () -> new Referrers.Page(new ReferrersIndex(maxBytes).toBytes(), Optional.empty()));
    Answer answer = exchange.answer(200);
    if (!types.isEmpty()) {
      answer.header(Headers.FILTERS_APPLIED, "artifactType");
    }
    page.next().ifPresent(next -> answer.header(Headers.LINK, nextPage(target, types, next)));
    answer.send(MediaTypes.OCI_INDEX, page.index());
  }

  /** Repeated parameters mean any of them. An unescaped {@code +} arrives as a space. */
  private static Set<String> artifactTypes(Exchange exchange) {
    Set<String> types = new LinkedHashSet<>();
    for (String type : exchange.queries("artifactType")) {
      if (!type.isEmpty()) {
        types.add(type.replace(' ', '+'));
      }
    }
    return types;
  }

  private static String nextPage(Target.Referrers target, Set<String> types, Digest last) {
    StringBuilder query = new StringBuilder();
    for (String type : types) {
      query.append("artifactType=").append(Pagination.encode(type)).append('&');
    }
    return Pagination.link(
        "/v2/"
            + target.repository()
            + "/referrers/"
            + target.subject()
            + '?'
            + query
            + "last="
            + Pagination.encode(last.toString()));
  }
}
