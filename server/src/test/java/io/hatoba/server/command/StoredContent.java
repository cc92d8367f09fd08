package io.hatoba.server.command;

import io.hatoba.oci.Digest;
import io.hatoba.server.database.Database;
import io.hatoba.server.storage.FileStorage;
import io.hatoba.server.storage.ObjectKey;
import io.hatoba.server.storage.ObjectWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Content as the rows and files that a server would have written for it. */
final class StoredContent {
  static final String IMAGE = "application/vnd.oci.image.manifest.v1+json";
  static final String INDEX = "application/vnd.oci.image.index.v1+json";
  static final long REPOSITORY = 7;

  private final Database database;
  private final Path objects;
  private final FileStorage storage;
  private final SplittableRandom random = new SplittableRandom(42);

  StoredContent(Database database, Path data) {
    this.database = database;
    this.objects = data.resolve(FileStorage.FOLDER);
    this.storage = FileStorage.open(data);
    execute("INSERT INTO registry (id, name, created_at) VALUES (1, 'team', 0)");
    execute(
        "INSERT INTO repository (id, registry_id, name, created_at) VALUES (7, 1, 'team/app', 0)");
  }

  /** A blob in an object, linked to the repository. */
  Digest object(int size) throws IOException {
    byte[] bytes = bytes(size);
    ObjectKey key = ObjectKey.random();
    try (ObjectWriter writer = storage.create(key)) {
      writer.write(ByteBuffer.wrap(bytes));
      writer.finish();
    }
    Digest digest = Digest.sha256(bytes);
    execute(
        "INSERT INTO blob (digest, size, object_key, created_at) VALUES (?, ?, ?, 0)",
        digest.toString(),
        size,
        key.id());
    link(digest);
    return digest;
  }

  /** A blob in the database, linked to the repository. */
  Digest inline(int size) {
    byte[] bytes = bytes(size);
    Digest digest = Digest.sha256(bytes);
    execute(
        "INSERT INTO blob (digest, size, bytes, created_at) VALUES (?, ?, ?, 0)",
        digest.toString(),
        size,
        bytes);
    link(digest);
    return digest;
  }

  /** A manifest of an image in the repository. */
  Digest image(Digest config, Digest layer) {
    String json =
        """
        {"schemaVersion": 2, "mediaType": "%s",
         "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "%s", "size": 1},
         "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "%s", "size": 1}]}
        """
            .formatted(IMAGE, config, layer);
    Digest digest = manifest(IMAGE, json);
    edge(digest, config, "config");
    edge(digest, layer, "layer");
    return digest;
  }

  /** A manifest of an index in the repository. */
  Digest index(Digest child) {
    String json =
        """
        {"schemaVersion": 2, "mediaType": "%s",
         "manifests": [{"mediaType": "%s", "digest": "%s", "size": 1}]}
        """
            .formatted(INDEX, IMAGE, child);
    Digest digest = manifest(INDEX, json);
    edge(digest, child, "manifest");
    return digest;
  }

  /** Where the bytes of a blob are. */
  Path file(Digest digest) {
    return file(objects, digest);
  }

  /** Where the bytes of a blob are in another folder of objects. */
  Path file(Path folder, Digest digest) {
    String key =
        database.read(
            handle ->
                handle
                    .createQuery("SELECT object_key FROM blob WHERE digest = :digest")
                    .bind("digest", digest)
                    .mapTo(String.class)
                    .one());
    return FileStorage.path(folder, new ObjectKey(key));
  }

  void execute(String sql, Object... parameters) {
    database.write(handle -> handle.execute(sql, parameters));
  }

  long count(String table) {
    return database.read(
        handle -> handle.select("SELECT count(*) FROM " + table).mapTo(Long.class).one());
  }

  private Digest manifest(String type, String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    Digest digest = Digest.sha256(bytes);
    execute(
        "INSERT INTO manifest (digest, bytes, created_at) VALUES (?, ?, 0)",
        digest.toString(),
        bytes);
    execute(
        "INSERT INTO repository_manifest (repository_id, digest, media_type, size, pushed_at, pushed_by) VALUES (?, ?, ?, ?, 0, 'kim')",
        REPOSITORY,
        digest.toString(),
        type,
        bytes.length);
    return digest;
  }

  private void edge(Digest parent, Digest child, String kind) {
    execute(
        "INSERT INTO manifest_edge (repository_id, parent, child, kind) VALUES (?, ?, ?, ?)",
        REPOSITORY,
        parent.toString(),
        child.toString(),
        kind);
  }

  private void link(Digest digest) {
    execute(
        "INSERT INTO repository_blob (repository_id, digest, lease_until) VALUES (?, ?, 0)",
        REPOSITORY,
        digest.toString());
  }

  private byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  /** The lines of a command's text that name something wrong. */
  static List<String> wrong(Ran ran) {
    return new ArrayList<>(ran.out().lines().filter(line -> line.startsWith("WRONG ")).toList());
  }
}
