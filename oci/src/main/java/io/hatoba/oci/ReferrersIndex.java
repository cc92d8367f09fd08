package io.hatoba.oci;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Builds one page of a list of referrers: an OCI image index (OCI distribution specification,
 * "Listing Referrers"). Its type is {@link MediaTypes#OCI_INDEX}. Clients stop reading at 4 MiB, so
 * a page is measured in bytes and not in entries.
 *
 * <p>The same referrers in the same order give the same bytes. Not for several threads at once.
 */
public final class ReferrersIndex {
  private static final byte[] HEAD =
      ("{\"schemaVersion\":2,\"mediaType\":\"" + MediaTypes.OCI_INDEX + "\",\"manifests\":[")
          .getBytes(StandardCharsets.UTF_8);
  private static final byte[] TAIL = "]}".getBytes(StandardCharsets.UTF_8);

  private final int maxBytes;
  private final ByteArrayOutputStream json = new ByteArrayOutputStream();
  private int count;

  /**
   * An empty page.
   *
   * @param maxBytes the most bytes of the finished page
   */
  public ReferrersIndex(int maxBytes) {
    this.maxBytes = maxBytes;
    json.writeBytes(HEAD);
  }

  /**
   * Adds a referrer at the end, unless the page would grow beyond its limit. The first one is
   * always added, so that a list is walked to its end even if one referrer has more annotations
   * than a page may have bytes.
   *
   * @param referrer digest, size, type and annotations of the referring manifest
   * @return whether it was added; if not, the page is as before and the referrer belongs on the
   *     next one
   */
  public boolean add(Descriptor referrer) {
    byte[] entry = JsonText.bytes(generator -> write(referrer, generator));
    if (count > 0) {
      long grown = (long) json.size() + 1 + entry.length + TAIL.length;
      if (grown > maxBytes) {
        return false;
      }
      json.write(',');
    }
    json.writeBytes(entry);
    count++;
    return true;
  }

  /** How many referrers are on the page. */
  public int count() {
    return count;
  }

  /** The finished page; it may be continued afterwards. */
  public byte[] toBytes() {
    ByteArrayOutputStream page = new ByteArrayOutputStream(json.size() + TAIL.length);
    page.writeBytes(json.toByteArray());
    page.writeBytes(TAIL);
    return page.toByteArray();
  }

  private static void write(Descriptor referrer, JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("mediaType", referrer.mediaType());
    json.writeStringField("digest", referrer.digest().toString());
    json.writeNumberField("size", referrer.size());
    if (referrer.artifactType().isPresent()) {
      json.writeStringField("artifactType", referrer.artifactType().get());
    }
    if (!referrer.annotations().isEmpty()) {
      json.writeObjectFieldStart("annotations");
      for (Map.Entry<String, String> annotation : referrer.annotations().entrySet()) {
        json.writeStringField(annotation.getKey(), annotation.getValue());
      }
      json.writeEndObject();
    }
    json.writeEndObject();
  }
}
