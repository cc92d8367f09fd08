package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/**
 * The manifests that live and die with one: what is about it (its referrers, by their subject or by
 * the tags that cosign and clients of old registries make), and the children of an index that
 * nothing else needs, each with the same of its own.
 *
 * <p>A child is needed by a tag, or by an index that stays. A referrer is needed by an index that
 * stays, and not by a tag: signatures go with what they sign, tagged or not.
 */
final class Family {
  private static final int DIGESTS_PER_STATEMENT = 500;

  /** {@code sha256-…} itself is the list of referrers of clients that find no referrers API. */
  private static final List<String> SUFFIXES = List.of("", ".sig", ".att", ".sbom");

  private final Handle handle;
  private final Repository repository;
  private final SortedSet<Digest> members = new TreeSet<>();
  private final Set<Digest> indexes = new HashSet<>();
  private final Set<Digest> children = new TreeSet<>();

  private Family(Handle handle, Repository repository) {
    this.handle = handle;
    this.repository = repository;
  }

  /** The family of a manifest, itself included. */
  static SortedSet<Digest> of(Handle handle, Repository repository, Digest root) {
    Family family = new Family(handle, repository);
    family.members.add(root);
    List<Digest> news = List.of(root);
    while (!news.isEmpty()) {
      news = family.grow(news);
    }
    return family.members;
  }

  private List<Digest> grow(List<Digest> news) {
    for (Edge edge : pieces(news, this::edges)) {
      indexes.add(edge.parent());
      children.add(edge.child());
    }
    SortedSet<Digest> found = new TreeSet<>();
    found.addAll(unneeded(pieces(news, this::referrers), false));
    found.addAll(unneeded(pieces(news, this::byTag), false));
    // Also those that were needed a round ago: by an index that has joined since.
    found.addAll(unneeded(List.copyOf(children), true));
    found.removeAll(members);
    members.addAll(found);
    return List.copyOf(found);
  }

  private List<Edge> edges(List<Digest> parents) {
    return handle
        .createQuery(
            """
            SELECT parent, child
            FROM manifest_edge
            WHERE repository_id = :repositoryId AND parent IN (<parents>) AND kind = 'manifest'
            ORDER BY parent, child
            """)
        .bind("repositoryId", repository.id())
        .bindList("parents", parents)
        .mapTo(Edge.class)
        .list();
  }

  private List<Digest> referrers(List<Digest> subjects) {
    return handle
        .createQuery(
            """
            SELECT digest
            FROM repository_manifest
            WHERE repository_id = :repositoryId AND subject IN (<subjects>)
            ORDER BY digest
            """)
        .bind("repositoryId", repository.id())
        .bindList("subjects", subjects)
        .mapTo(Digest.class)
        .list();
  }

  /** What has one of the tags that say that it is about one of these, and no other tag. */
  private List<Digest> byTag(List<Digest> subjects) {
    List<String> names =
        subjects.stream()
            .map(digest -> digest.toString().replace(':', '-'))
            .flatMap(name -> SUFFIXES.stream().map(suffix -> name + suffix))
            .toList();
    return handle
        .createQuery(
            """
            SELECT DISTINCT t.digest
            FROM tag t
            WHERE t.repository_id = :repositoryId AND t.name IN (<names>)
              AND NOT EXISTS (
                SELECT 1
                FROM tag o
                WHERE o.repository_id = t.repository_id AND o.digest = t.digest AND o.name NOT IN (<names>))
            ORDER BY t.digest
            """)
        .bind("repositoryId", repository.id())
        .bindList("names", names)
        .mapTo(Digest.class)
        .list();
  }

  /** Those that are there and that no index outside the family names, nor, if asked, a tag. */
  private List<Digest> unneeded(Collection<Digest> candidates, boolean byTags) {
    List<String> inside =
        indexes.isEmpty() ? List.of("") : indexes.stream().map(Digest::toString).toList();
    List<Digest> open = candidates.stream().filter(digest -> !members.contains(digest)).toList();
    return pieces(
        open,
        some ->
            handle
                .createQuery(
                    """
                    SELECT m.digest
                    FROM repository_manifest m
                    WHERE m.repository_id = :repositoryId AND m.digest IN (<digests>)
                      AND NOT EXISTS (
                        SELECT 1
                        FROM manifest_edge e
                        WHERE e.repository_id = m.repository_id AND e.child = m.digest AND e.kind = 'manifest'
                          AND e.parent NOT IN (<inside>))
                      AND NOT (:byTags AND EXISTS (
                        SELECT 1
                        FROM tag t
                        WHERE t.repository_id = m.repository_id AND t.digest = m.digest))
                    ORDER BY m.digest
                    """)
                .bind("repositoryId", repository.id())
                .bindList("digests", some)
                .bindList("inside", inside)
                .bind("byTags", byTags)
                .mapTo(Digest.class)
                .list());
  }

  private static <T> List<T> pieces(List<Digest> digests, Function<List<Digest>, List<T>> query) {
    List<T> found = new ArrayList<>();
    for (int i = 0; i < digests.size(); i += DIGESTS_PER_STATEMENT) {
      found.addAll(
          query.apply(digests.subList(i, Math.min(digests.size(), i + DIGESTS_PER_STATEMENT))));
    }
    return found;
  }

  record Edge(Digest parent, Digest child) {}
}
