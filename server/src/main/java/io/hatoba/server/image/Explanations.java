package io.hatoba.server.image;

import io.hatoba.oci.Descriptor;
import io.hatoba.oci.Digest;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.Tag;
import io.hatoba.server.content.ArtifactRemoval;
import io.hatoba.server.content.Repository;
import io.hatoba.server.content.Tags;
import io.hatoba.server.database.Database;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;

/** Says why an artifact is there, and what would happen if it were deleted. */
@Singleton
public final class Explanations {
  private static final int NAMED = 100;

  private final Database database;
  private final ArtifactStore store;
  private final TagStore tagStore;
  private final Tags tags;
  private final ArtifactRemoval removal;

  public Explanations(
      Database database,
      ArtifactStore store,
      TagStore tagStore,
      Tags tags,
      ArtifactRemoval removal) {
    this.database = database;
    this.store = store;
    this.tagStore = tagStore;
    this.tags = tags;
    this.removal = removal;
  }

  /** Explains an artifact as it is now. */
  Explanation of(Artifacts.Found found) {
    Repository repository = found.repository();
    Digest digest = found.digest();
    List<String> names = tagStore.namesOf(repository, digest, NAMED + 1);
    List<String> parents = digests(store.parents(repository, digest, "", NAMED));
    List<Digest> along = removal.alongWith(repository, digest);
    Optional<String> obstacle =
        parents.stream()
            .findFirst()
            .map(parent -> "index %s names it; delete the index first".formatted(parent))
            .or(() -> guarded(repository, digest, names));
    return new Explanation(
        digest.toString(),
        names.stream().limit(NAMED).toList(),
        names.size() > NAMED,
        parents,
        found.manifest().subject().map(subject -> subject(repository, subject)),
        obstacle.isEmpty(),
        obstacle,
        names.stream().limit(NAMED).toList(),
        along.stream().limit(NAMED).map(Digest::toString).toList(),
        along.size());
  }

  private Optional<String> guarded(Repository repository, Digest digest, List<String> names) {
    if (tags.isUnguarded()) {
      return Optional.empty();
    }
    return database.read(
        handle ->
            names.stream()
                .map(name -> tags.refusal(handle, repository, new Tag(name), digest))
                .flatMap(Optional::stream)
                .map(Refusal::message)
                .findFirst());
  }

  private Subject subject(Repository repository, Descriptor subject) {
    return new Subject(
        subject.digest().toString(),
        !store.present(repository, List.of(subject.digest())).isEmpty());
  }

  private static List<String> digests(List<ArtifactStore.Row> rows) {
    return rows.stream().map(row -> row.digest().toString()).toList();
  }

  /**
   * Why an artifact is there.
   *
   * @param tags the first 100 that point at it
   * @param parents the first 100 indexes that name it
   * @param subject what it is about
   * @param obstacle why it cannot be deleted now; absent if it can
   * @param deletedTags the tags that would go with it, the first 100
   * @param deletedArtifacts what would go with it, the first 100: what is about it, and the
   *     children of an index that nothing else needs
   * @param deletedArtifactCount how many of these there are
   */
  public record Explanation(
      String digest,
      List<String> tags,
      boolean moreTags,
      List<String> parents,
      Optional<Subject> subject,
      boolean deletable,
      Optional<String> obstacle,
      List<String> deletedTags,
      List<String> deletedArtifacts,
      long deletedArtifactCount) {
    public Explanation {
      tags = List.copyOf(tags);
      parents = List.copyOf(parents);
      deletedTags = List.copyOf(deletedTags);
      deletedArtifacts = List.copyOf(deletedArtifacts);
    }
  }

  /**
   * What an artifact is about.
   *
   * @param present whether it is in the image
   */
  public record Subject(String digest, boolean present) {}
}
