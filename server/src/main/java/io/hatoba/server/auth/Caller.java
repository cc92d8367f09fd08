package io.hatoba.server.auth;

import io.hatoba.oci.RepositoryName;
import io.hatoba.server.content.Actor;
import io.hatoba.server.content.ReadScope;
import java.util.Set;

/** Who makes this request, and what this request's credentials allow. */
public interface Caller {
  Actor actor();

  /** Whether the credentials of this request allow the action. Never blocks. */
  boolean may(RepositoryName repository, Action action);

  /**
   * Lets the request go on if its credentials allow all of {@code needed}, or, when {@code needed}
   * is PULL and the request is a {@code HEAD}, PUSH instead (a push-only key must see what it has
   * pushed; see {@code headAllowed}).
   *
   * @throws io.hatoba.oci.RefusedException with {@code UNAUTHORIZED} and a challenge for the needed
   *     scope when other credentials or a wider token could help; with {@code DENIED} when this
   *     identity can never do it. What may not be known answers the same as what does not exist.
   */
  void require(RepositoryName repository, Set<Action> needed);

  /** Lets a {@code HEAD} go on: PULL or PUSH is enough. Otherwise as {@link #require} for PULL. */
  void requireHead(RepositoryName repository);

  /**
   * Lets a request for the catalog go on: scope {@code registry:catalog:*}, or Basic. Otherwise as
   * {@link #require}.
   */
  void requireCatalog();

  /** What this identity may read, whatever the token's scope. May ask the database. */
  ReadScope readScope();
}
