package io.hatoba.oci;

import java.util.List;

/**
 * The JSON answers of the protocol other than manifests and referrers ({@link ReferrersIndex}), in
 * UTF-8. Equal values give equal bytes. The type of all of them is {@code application/json}.
 */
public final class ProtocolJson {
  private ProtocolJson() {}

  /**
   * {@code {"errors":[{"code","message","detail"}]}} (OCI distribution specification, "Error
   * Codes"); without {@code detail} if the refusal has none.
   */
  public static byte[] error(Refusal refusal) {
    return JsonText.bytes(
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("errors");
          json.writeStartObject();
          json.writeStringField("code", refusal.code().name());
          json.writeStringField("message", refusal.message());
          if (!refusal.detail().isEmpty()) {
            json.writeStringField("detail", refusal.detail());
          }
          json.writeEndObject();
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  /**
   * {@code {"name","tags":[…]}} (OCI distribution specification, "Listing Tags"); the tags in the
   * order given, {@code []} if there are none.
   */
  public static byte[] tags(RepositoryName repository, List<Tag> tags) {
    return JsonText.bytes(
        json -> {
          json.writeStartObject();
          json.writeStringField("name", repository.value());
          json.writeArrayFieldStart("tags");
          for (Tag tag : tags) {
            json.writeString(tag.name());
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  /**
   * {@code {"repositories":[…]}}, Docker's {@code _catalog}; the names in the order given, {@code
   * []} if there are none.
   */
  public static byte[] catalog(List<RepositoryName> repositories) {
    return JsonText.bytes(
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("repositories");
          for (RepositoryName repository : repositories) {
            json.writeString(repository.value());
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }
}
