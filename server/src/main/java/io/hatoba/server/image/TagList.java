package io.hatoba.server.image;

import io.hatoba.oci.Digest;
import io.hatoba.oci.Tag;
import io.hatoba.server.content.Repository;
import io.hatoba.server.content.Tags;
import io.hatoba.server.database.Database;
import io.hatoba.server.rest.Page;
import io.hatoba.server.rest.Paging;
import io.hatoba.server.rest.Scan;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Tags as they are shown: with whether they are protected, which guards say. */
@Singleton
public final class TagList {
  private final Database database;
  private final TagStore store;
  private final Tags tags;

  public TagList(Database database, TagStore store, Tags tags) {
    this.database = database;
    this.store = store;
    this.tags = tags;
  }

  /**
   * A page of tags.
   *
   * @param digest those that point at it; empty: all
   * @param part of the name, in lower case; empty: all
   */
  Page<TagResource.Shown> page(
      Repository repository,
      TagStore.Order order,
      Optional<Digest> digest,
      String part,
      Optional<TagStore.Place> after,
      Paging paging) {
    Scan<TagStore.Row> found =
        digest.isPresent()
            ? store.page(repository, digest.get(), part, after, paging.fetch())
            : store.page(repository, order, part, after, paging.fetch());
    Set<Tag> kept = kept(repository, found.rows());
    return found.page(
        paging, row -> TagResource.Shown.of(row, kept), row -> order.place(row).key());
  }

  /** One tag. */
  Optional<TagResource.Shown> find(Repository repository, Tag tag) {
    return store
        .find(repository, tag)
        .map(row -> TagResource.Shown.of(row, kept(repository, List.of(row))));
  }

  private Set<Tag> kept(Repository repository, List<TagStore.Row> rows) {
    if (tags.isUnguarded() || rows.isEmpty()) {
      return Set.of();
    }
    return database.read(
        handle ->
            rows.stream()
                .filter(
                    row -> tags.refusal(handle, repository, row.name(), row.digest()).isPresent())
                .map(TagStore.Row::name)
                .collect(Collectors.toSet()));
  }
}
