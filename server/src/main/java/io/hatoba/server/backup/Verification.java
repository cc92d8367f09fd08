package io.hatoba.server.backup;

import io.hatoba.oci.Descriptor;
import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.Manifest;
import io.hatoba.oci.ManifestParser;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Databases;
import io.hatoba.server.database.SqliteFile;
import io.hatoba.server.storage.FileStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Proves that a database and a folder of objects are whole: everything that a row names is there,
 * and has the digest and the size that the row says. Reads everything and changes nothing. Servers
 * may run on it meanwhile: what looks wrong is looked at again in a newer snapshot.
 */
public final class Verification {
  private static final int MANIFESTS = 20;
  private static final int BLOBS = 200;

  private final Database database;
  private final Path objects;
  private final boolean sparseImages;
  private final Problems problems = new Problems();
  private final AtomicLong manifests = new AtomicLong();
  private final AtomicLong edges = new AtomicLong();
  private final AtomicLong sparse = new AtomicLong();
  private final AtomicLong inline = new AtomicLong();
  private final AtomicLong stored = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();

  private Verification(Database database, Path objects, boolean sparseImages) {
    this.database = database;
    this.objects = objects;
    this.sparseImages = sparseImages;
  }

  /**
   * What was found.
   *
   * @param schema of the database
   * @param manifests how many contents of manifests were read
   * @param edges how many times a manifest in a repository names something
   * @param sparse those of them that the repository need not have and does not have
   * @param inlineBlobs that rest in the database
   * @param objects blobs that rest in the storage
   * @param bytes of all blobs
   * @param problemCount how many things are wrong
   * @param problems the first {@value Problems#KEPT} of them
   */
  public record Report(
      int schema,
      long manifests,
      long edges,
      long sparse,
      long inlineBlobs,
      long objects,
      long bytes,
      long problemCount,
      List<Problem> problems) {
    public Report {
      problems = List.copyOf(problems);
    }
  }

  /** A backup and what was found in it. */
  public record OfBackup(Path path, BackupManifest manifest, Report report) {}

  /**
   * Verifies a backup.
   *
   * @param path the folder of the backups, for the newest whole one, or {@code DIR/backups/NAME}
   * @throws BackupException if there is no whole backup
   */
  public static OfBackup ofBackup(Path path, boolean sparseImages) {
    Optional<Path> parent = BackupFolder.parentOf(path);
    try (BackupFolder folder = BackupFolder.openToRead(parent.orElse(path))) {
      BackupFolder.Entry entry = folder.find(parent.map(_ -> path.toAbsolutePath().normalize()));
      Optional<String> wrong = wrong(entry);
      if (wrong.isPresent()) {
        List<Problem> problems = List.of(new Problem(entry.database().toString(), wrong.get()));
        return new OfBackup(
            entry.path(),
            entry.manifest(),
            new Report(entry.manifest().schema(), 0, 0, 0, 0, 0, 0, 1, problems));
      }
      try (SqliteFile copy = SqliteFile.frozen(entry.database())) {
        return new OfBackup(
            entry.path(), entry.manifest(), of(copy, entry.objects(), sparseImages));
      }
    }
  }

  /** What is wrong with the file of the database. */
  static Optional<String> wrong(BackupFolder.Entry entry) {
    BackupManifest.DatabaseCopy said = entry.manifest().database();
    try {
      if (!Files.exists(entry.database())) {
        return Optional.of("is missing");
      }
      Digest digest = Disk.digest(entry.database(), DigestAlgorithm.SHA256);
      return digest.equals(said.parsedDigest())
          ? Optional.empty()
          : Optional.of(
              "is damaged: it has the digest %s and had %s".formatted(digest, said.digest()));
    } catch (IOException e) {
      return Optional.of("cannot be read (" + e + ")");
    }
  }

  /**
   * Verifies a database and its objects.
   *
   * @param objects the folder of the objects
   * @param sparseImages whether an image may lack blobs
   * @throws BackupException if the schema is none that this program knows
   */
  public static Report of(Database database, Path objects, boolean sparseImages) {
    int schema = knownSchema(database);
    Verification verification = new Verification(database, objects, sparseImages);
    try (Workers workers = new Workers("verification-")) {
      if (database instanceof SqliteFile file) {
        file.problems().forEach(problem -> verification.problems.add("the database", problem));
      }
      verification.manifests();
      verification.repositories();
      verification.blobs(workers);
    } catch (IOException e) {
      throw new BackupException("The verification was broken off (%s).".formatted(e), e);
    }
    return verification.report(schema);
  }

  /**
   * The schema of a database.
   *
   * @throws BackupException if it is none that this program knows
   */
  static int knownSchema(Database database) {
    int schema =
        Databases.schemaOf(database)
            .orElseThrow(
                () -> new BackupException("The database is not one of Hatoba, or it is empty."));
    if (schema > Databases.schema()) {
      throw new BackupException(
          "The database was written by a newer Hatoba: it has schema %d, and this version knows %d. Use that version's command."
              .formatted(schema, Databases.schema()));
    }
    return schema;
  }

  private Report report(int schema) {
    return new Report(
        schema,
        manifests.get(),
        edges.get(),
        sparse.get(),
        inline.get(),
        stored.get(),
        bytes.get(),
        problems.count(),
        problems.kept());
  }

  /** The bytes of each manifest have its digest. */
  private void manifests() {
    Optional<Digest> last = Optional.empty();
    List<Content> page = manifestPage(last);
    while (!page.isEmpty()) {
      for (Content manifest : page) {
        manifests.incrementAndGet();
        if (!manifest.hasItsDigest()) {
          problems.add(manifest.digest().toString(), "is damaged: the bytes of this manifest");
        }
      }
      last = Optional.of(page.getLast().digest());
      page = manifestPage(last);
    }
  }

  private List<Content> manifestPage(Optional<Digest> after) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT digest, bytes
                    FROM manifest
                    WHERE digest > :after
                    ORDER BY digest
                    LIMIT :limit
                    """)
                .bind("after", after.map(Digest::toString).orElse(""))
                .bind("limit", MANIFESTS)
                .mapTo(Content.class)
                .list());
  }

  /** What each manifest of each repository names is there. */
  private void repositories() {
    Optional<Placed> last = Optional.empty();
    Page page = placedPage(last);
    while (!page.placed().isEmpty()) {
      for (Placed placed : page.placed()) {
        check(placed, page.edges().getOrDefault(placed.place(), List.of()));
      }
      last = Optional.of(page.placed().getLast());
      page = placedPage(last);
    }
  }

  /** Manifests and their edges, out of one snapshot. */
  private Page placedPage(Optional<Placed> after) {
    return database.read(
        handle -> {
          List<Placed> placed =
              handle
                  .createQuery(
                      """
                      SELECT p.repository_id, r.name AS repository, p.digest, p.media_type, p.size, m.bytes
                      FROM repository_manifest p
                      JOIN repository r ON r.id = p.repository_id
                      JOIN manifest m ON m.digest = p.digest
                      WHERE (p.repository_id, p.digest) > (:repositoryId, :digest)
                      ORDER BY p.repository_id, p.digest
                      LIMIT :limit
                      """)
                  .bind("repositoryId", after.map(Placed::repositoryId).orElse(Long.MIN_VALUE))
                  .bind("digest", after.map(p -> p.digest().toString()).orElse(""))
                  .bind("limit", MANIFESTS)
                  .mapTo(Placed.class)
                  .list();
          Map<String, List<Edge>> edges = new TreeMap<>();
          Map<Long, List<Placed>> byRepository =
              placed.stream().collect(Collectors.groupingBy(Placed::repositoryId));
          byRepository.forEach(
              (repositoryId, some) ->
                  handle
                      .createQuery(
                          """
                          SELECT e.repository_id, e.parent, e.child, e.kind,
                            EXISTS (
                              SELECT 1
                              FROM repository_blob l
                              JOIN blob b ON b.digest = l.digest
                              WHERE l.repository_id = e.repository_id AND l.digest = e.child) AS is_blob,
                            EXISTS (
                              SELECT 1
                              FROM repository_manifest c
                              WHERE c.repository_id = e.repository_id AND c.digest = e.child) AS is_manifest
                          FROM manifest_edge e
                          WHERE e.repository_id = :repositoryId AND e.parent IN (<parents>)
                          ORDER BY e.parent, e.child
                          """)
                      .bind("repositoryId", repositoryId)
                      .bindList("parents", some.stream().map(Placed::digest).toList())
                      .mapTo(Edge.class)
                      .forEach(
                          edge ->
                              edges
                                  .computeIfAbsent(edge.place(), _ -> new ArrayList<>())
                                  .add(edge)));
          return new Page(placed, edges);
        });
  }

  private void check(Placed placed, List<Edge> found) {
    String subject = placed.repository() + "@" + placed.digest();
    if (placed.bytes().length != placed.size()) {
      problems.add(subject, "has %d bytes of %d".formatted(placed.bytes().length, placed.size()));
    }
    Manifest manifest;
    try {
      manifest = ManifestParser.parse(Optional.of(placed.mediaType()), placed.bytes());
    } catch (RefusedException e) {
      problems.add(subject, "cannot be understood: " + e.refusal().message());
      return;
    }
    Set<Digest> named = new HashSet<>();
    Set<Digest> required = new HashSet<>();
    switch (manifest) {
      case Manifest.Image image -> {
        image.config().map(Descriptor::digest).ifPresent(required::add);
        for (Descriptor layer : image.layers()) {
          (layer.isNonDistributable() ? named : required).add(layer.digest());
        }
      }
      case Manifest.Index index ->
          index.manifests().stream().map(Descriptor::digest).forEach(named::add);
    }
    named.addAll(required);
    for (Edge edge : found) {
      edges.incrementAndGet();
      named.remove(edge.child());
      if (edge.isThere()) {
        continue;
      }
      if (required.contains(edge.child()) && !sparseImages) {
        problems.add(
            subject, "names %s as its %s, which is missing".formatted(edge.child(), edge.kind()));
      } else {
        sparse.incrementAndGet();
      }
    }
    for (Digest unwritten : named) {
      problems.add(subject, "names %s, and no row says so".formatted(unwritten));
    }
  }

  /** The bytes of each blob are there, and have its digest. */
  private void blobs(Workers workers) throws IOException {
    Optional<Digest> last = Optional.empty();
    List<Blob> page = blobPage(last);
    while (!page.isEmpty()) {
      workers.forEach(page, this::check);
      last = Optional.of(page.getLast().digest());
      page = blobPage(last);
    }
  }

  private List<Blob> blobPage(Optional<Digest> after) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT digest, size, object_key, bytes
                    FROM blob
                    WHERE digest > :after
                    ORDER BY digest
                    LIMIT :limit
                    """)
                .bind("after", after.map(Digest::toString).orElse(""))
                .bind("limit", BLOBS)
                .mapTo(Blob.class)
                .list());
  }

  private void check(Blob blob) {
    bytes.addAndGet(blob.size());
    String subject = blob.digest().toString();
    if (blob.bytes() != null) {
      inline.incrementAndGet();
      if (blob.bytes().length != blob.size()) {
        problems.add(subject, "has %d bytes of %d".formatted(blob.bytes().length, blob.size()));
      } else if (!new Content(blob.digest(), blob.bytes()).hasItsDigest()) {
        problems.add(subject, "is damaged in the database");
      }
      return;
    }
    stored.incrementAndGet();
    NamedObject object =
        new NamedObject(blob.digest(), blob.size(), String.valueOf(blob.objectKey()));
    ObjectCheck.wrong(object, FileStorage.path(objects, object.key()))
        .filter(_ -> isStillNamed(object))
        .ifPresent(wrong -> problems.add(subject, wrong + " (object " + object.objectKey() + ")"));
  }

  /** A server may have removed the object since the page was read. */
  private boolean isStillNamed(NamedObject object) {
    return database.read(
        handle ->
            handle
                    .createQuery(
                        """
                    SELECT count(*)
                    FROM blob
                    WHERE digest = :digest AND object_key = :key
                    """)
                    .bind("digest", object.digest())
                    .bind("key", object.objectKey())
                    .mapTo(Integer.class)
                    .one()
                > 0);
  }

  /** A row of {@code manifest}. */
  @SuppressWarnings("ArrayRecordComponent") // lives from the query to the next line
  record Content(Digest digest, byte[] bytes) {
    boolean hasItsDigest() {
      return Digest.of(digest.algorithm(), bytes).equals(digest);
    }
  }

  /** A manifest in a repository. */
  @SuppressWarnings("ArrayRecordComponent") // lives as long as its page
  record Placed(
      long repositoryId,
      String repository,
      Digest digest,
      String mediaType,
      long size,
      byte[] bytes) {
    String place() {
      return repositoryId + "@" + digest;
    }
  }

  /** A row of {@code manifest_edge}, and whether the repository has the child. */
  record Edge(
      long repositoryId,
      Digest parent,
      Digest child,
      String kind,
      boolean isBlob,
      boolean isManifest) {
    String place() {
      return repositoryId + "@" + parent;
    }

    boolean isThere() {
      return kind.equals("manifest") ? isManifest : isBlob;
    }
  }

  private record Page(List<Placed> placed, Map<String, List<Edge>> edges) {}

  /** A row of {@code blob}. */
  @SuppressWarnings("ArrayRecordComponent") // lives as long as its page
  record Blob(Digest digest, long size, @Nullable String objectKey, byte @Nullable [] bytes) {}
}
