package io.hatoba.server.content;

import io.hatoba.oci.Tag;
import java.util.List;
import java.util.Optional;

/** The tags of a repository. */
public interface Tags {
  /** Names in byte order, after {@code last} (which need not exist), at most {@code limit}. */
  List<Tag> page(Repository repository, Optional<String> last, int limit);

  /** Removes a tag; the manifest stays. False if it is not there. */
  boolean delete(Repository repository, Tag tag, Actor actor);
}
