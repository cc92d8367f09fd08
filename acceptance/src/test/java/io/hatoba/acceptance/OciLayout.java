package io.hatoba.acceptance;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/**
 * Images on disk, as the image specification lays them out, made without an engine: what clients
 * push from.
 *
 * <pre>
 * oci-layout   index.json   blobs/sha256/HEX
 * </pre>
 */
public final class OciLayout {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String IMAGE = "application/vnd.oci.image.manifest.v1+json";
  private static final String INDEX = "application/vnd.oci.image.index.v1+json";

  private final Path folder;
  private final Terminal terminal;
  private final ArrayNode tagged = JSON.createArrayNode();

  /** An empty layout in a new folder. */
  public OciLayout(Path folder) throws IOException {
    this.folder = folder;
    this.terminal = new Terminal(folder.resolveSibling(folder.getFileName() + "-work"));
    Files.createDirectories(folder.resolve("blobs").resolve("sha256"));
    Files.writeString(folder.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
  }

  public Path folder() {
    return folder;
  }

  /** An image for one platform with one layer that holds one file of random bytes. */
  public Descriptor image(String architecture, long seed, int size) throws IOException {
    Path file = terminal.home().resolve("payload");
    Files.write(file, Content.random(seed, size));
    terminal.run("tar --mtime=@0 --owner=0 --group=0 -cf layer.tar payload");
    byte[] tar = Files.readAllBytes(terminal.home().resolve("layer.tar"));
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
      gzip.write(tar);
    }
    ObjectNode config =
        JSON.createObjectNode().put("architecture", architecture).put("os", "linux");
    config.putObject("config");
    config.putObject("rootfs").put("type", "layers").putArray("diff_ids").add(Content.digest(tar));
    ObjectNode manifest = JSON.createObjectNode().put("schemaVersion", 2).put("mediaType", IMAGE);
    manifest.set(
        "config",
        blob("application/vnd.oci.image.config.v1+json", JSON.writeValueAsBytes(config)).json());
    manifest
        .putArray("layers")
        .add(blob("application/vnd.oci.image.layer.v1.tar+gzip", zipped.toByteArray()).json());
    Descriptor image = blob(IMAGE, JSON.writeValueAsBytes(manifest));
    image.json().putObject("platform").put("architecture", architecture).put("os", "linux");
    return image;
  }

  /** An index over images. */
  public Descriptor index(Descriptor... images) throws IOException {
    ObjectNode index = JSON.createObjectNode().put("schemaVersion", 2).put("mediaType", INDEX);
    ArrayNode manifests = index.putArray("manifests");
    for (Descriptor image : images) {
      manifests.add(image.json());
    }
    return blob(INDEX, JSON.writeValueAsBytes(index));
  }

  /** Gives an image or index a name inside this layout. */
  public OciLayout tag(String name, Descriptor target) throws IOException {
    ObjectNode entry = target.json().deepCopy();
    entry.putObject("annotations").put("org.opencontainers.image.ref.name", name);
    tagged.add(entry);
    ObjectNode index = JSON.createObjectNode().put("schemaVersion", 2);
    index.set("manifests", tagged);
    Files.write(folder.resolve("index.json"), JSON.writeValueAsBytes(index));
    return this;
  }

  /** The bytes of a manifest or blob of this layout. */
  public byte[] bytes(String digest) throws IOException {
    return Files.readAllBytes(path(digest));
  }

  private Descriptor blob(String mediaType, byte[] bytes) throws IOException {
    String digest = Content.digest(bytes);
    Files.write(path(digest), bytes);
    ObjectNode json =
        JSON.createObjectNode()
            .put("mediaType", mediaType)
            .put("digest", digest)
            .put("size", bytes.length);
    return new Descriptor(json);
  }

  private Path path(String digest) {
    return folder.resolve("blobs").resolve(digest.replace(":", "/"));
  }

  /** What a manifest says of something that it names. */
  public record Descriptor(ObjectNode json) {

    public String digest() {
      return json.get("digest").asText();
    }
  }
}
