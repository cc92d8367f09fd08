package io.hatoba.server.content;

import io.hatoba.oci.RepositoryName;
import java.util.List;
import java.util.Optional;

/** Repositories by name. */
public interface Repositories {
  /** What is known without asking the database; empty means "ask". Never blocks. */
  Optional<Repository> remembered(RepositoryName name);

  /** The repository with this name, if it exists. */
  Optional<Repository> find(RepositoryName name);

  /**
   * The repository with this name, for a read.
   *
   * @throws io.hatoba.oci.RefusedException with {@code NAME_UNKNOWN}: no such registry (A6) or no
   *     such repository
   */
  Repository require(RepositoryName name);

  /**
   * The repository with this name, made if its registry exists.
   *
   * @throws io.hatoba.oci.RefusedException with {@code NAME_UNKNOWN} if the registry does not
   *     exist, saying where to make it (A6), or {@code NAME_INVALID} if the name has no image part
   */
  Repository forPush(RepositoryName name, Actor actor);

  /** Names in byte order, after {@code last}, at most {@code limit}. */
  List<RepositoryName> page(ReadScope scope, Optional<String> last, int limit);
}
