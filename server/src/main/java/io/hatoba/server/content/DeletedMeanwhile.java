package io.hatoba.server.content;

import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import java.util.function.Supplier;

/**
 * What a push is told whose repository is deleted while it runs. Whether it is there is not asked
 * before each write, but only where one has failed: rows refer to the repository, so that none of
 * them can be added to one that is gone.
 */
final class DeletedMeanwhile {
  private DeletedMeanwhile() {}

  /**
   * Does the work.
   *
   * @throws RefusedException with {@code NAME_UNKNOWN} if it fails, for whatever reason, and the
   *     repository is gone; else what the work throws
   */
  static <T> T told(Database database, Repository repository, Supplier<T> work) {
    try {
      return work.get();
    } catch (ByteSource.BodyAbortedException e) {
      throw e;
    } catch (RuntimeException e) {
      if (isGone(database, repository, e)) {
        throw Repositories.unknown(
            repository.name(), "repository %s was deleted meanwhile".formatted(repository.name()));
      }
      throw e;
    }
  }

  /** A transaction, told as {@link #told}. */
  static <T> T write(Database database, Repository repository, Database.Work<T> work) {
    return told(database, repository, () -> database.write(work));
  }

  private static boolean isGone(
      Database database, Repository repository, RuntimeException failure) {
    try {
      return !database.read(handle -> Repositories.isThere(handle, repository));
    } catch (RuntimeException e) {
      failure.addSuppressed(e); // what failed first is what the caller gets
      return false;
    }
  }
}
