package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import java.util.Optional;

/** The blobs a repository may read. */
public interface Blobs {
  /** What is known without asking the database; empty means "ask". Never blocks. */
  Optional<Blob> remembered(Repository repository, Digest digest);

  Optional<Blob> find(Repository repository, Digest digest);

  /**
   * Like {@link #find}, for a push: what it finds stays for a while even if nothing names it yet.
   */
  Optional<Blob> findForPush(Repository repository, Digest digest);

  /**
   * Gives the target the right to read what the source may read. False if the source has no such
   * blob.
   */
  boolean mount(Repository target, Digest digest, Repository source);

  /**
   * Gives the target the right to read what any repository of the scope may read. False if none has
   * such a blob.
   */
  boolean mountFromAny(Repository target, Digest digest, ReadScope scope);

  /** Takes the blob out of the repository. False if it is not there. */
  boolean delete(Repository repository, Digest digest, Actor actor);
}
