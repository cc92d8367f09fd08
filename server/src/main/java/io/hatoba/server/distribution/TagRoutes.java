package io.hatoba.server.distribution;

import io.hatoba.oci.ProtocolJson;
import io.hatoba.oci.Tag;
import io.hatoba.server.auth.Caller;
import io.hatoba.server.content.Repositories;
import io.hatoba.server.content.Repository;
import io.hatoba.server.content.Tags;
import jakarta.inject.Singleton;
import java.util.List;

/** {@code /v2/<name>/tags/list} (end-8): the tags of a repository in byte order. */
@Singleton
final class TagRoutes {
  private final Access access;
  private final Repositories repositories;
  private final Tags tags;
  private final DistributionConfig config;

  TagRoutes(Access access, Repositories repositories, Tags tags, DistributionConfig config) {
    this.access = access;
    this.repositories = repositories;
    this.tags = tags;
    this.config = config;
  }

  void serve(Exchange exchange, Target.Tags target) {
    if (!exchange.verb().isRead()) {
      throw exchange.methodNotAllowed("GET, HEAD");
    }
    Caller caller = access.allowed(exchange, target.repository(), Access.PULL);
    Pagination page = Pagination.of(exchange, config.tagsPageSize());
    Repository repository =
        repositories.require(target.repository(), caller.sees(target.repository()));
    List<Tag> found =
        page.limit() == 0 ? List.of() : tags.page(repository, page.last(), page.wanted());
    Answer answer = exchange.answer(200);
    page.next("/v2/" + target.repository() + "/tags/list", found)
        .ifPresent(link -> answer.header(Headers.LINK, link));
    answer.send(Headers.JSON, ProtocolJson.tags(target.repository(), page.page(found)));
  }
}
