package io.hatoba.oci;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The first reading of a manifest: that it is one JSON object, and what decides its type.
 *
 * @param schemaVersion absent if the document has none, or one that is no small number
 * @param mediaType absent if the document has none, or an empty one
 * @param fields the known fields that have a value other than {@code null}
 */
record ManifestOutline(OptionalInt schemaVersion, Optional<String> mediaType, Set<String> fields) {
  /** All fields of the top level with a meaning in one of the types. */
  static final Set<String> KNOWN =
      Set.of(
          "schemaVersion",
          "mediaType",
          "artifactType",
          "config",
          "layers",
          "manifests",
          "blobs",
          "subject",
          "annotations",
          "fsLayers",
          "signatures");

  ManifestOutline {
    fields = Set.copyOf(fields);
  }

  /** Reads the document to its end. */
  static ManifestOutline read(JsonParser parser) throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw InvalidManifest.of("a manifest is a JSON object", "");
    }
    OptionalInt schemaVersion = OptionalInt.empty();
    Optional<String> mediaType = Optional.empty();
    Set<String> fields = new HashSet<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (!KNOWN.contains(name)) {
        Lookalikes.refuse(name, KNOWN, parser.getParsingContext());
      } else if (value != JsonToken.VALUE_NULL) {
        fields.add(name);
      }
      if (name.equals("schemaVersion")
          && value == JsonToken.VALUE_NUMBER_INT
          && parser.getTextLength() < 5) {
        schemaVersion = OptionalInt.of(parser.getIntValue());
      }
      if (name.equals("mediaType") && value != JsonToken.VALUE_NULL) {
        if (value != JsonToken.VALUE_STRING) {
          throw InvalidManifest.at("mediaType", "must be a string");
        }
        mediaType = Optional.of(parser.getText()).filter(text -> !text.isEmpty());
      }
      parser.skipChildren();
    }
    if (parser.nextToken() != null) {
      throw InvalidManifest.of("there is something after the end of the JSON object", "");
    }
    return new ManifestOutline(schemaVersion, mediaType, fields);
  }

  /**
   * Decides the type.
   *
   * @param contentType the type that the request names, if it names one
   */
  ManifestType type(Optional<String> contentType) {
    refuseSchema1(contentType);
    if (contentType.isPresent() && mediaType.isPresent() && !contentType.equals(mediaType)) {
      throw InvalidManifest.of(
          "the Content-Type of the request is %s, but mediaType in the manifest is %s; they must be the same"
              .formatted(quoted(contentType.get()), quoted(mediaType.get())),
          "mediaType");
    }
    return contentType
        .or(() -> mediaType)
        .map(
            name ->
                ManifestType.of(name)
                    .orElseThrow(
                        () ->
                            InvalidManifest.of(
                                "manifests of the type %s are not understood; the types understood are %s"
                                    .formatted(quoted(name), ManifestType.understood()),
                                InvalidManifest.printable(name, 256))))
        .orElseGet(this::typeByFields);
  }

  /** Refuses what contradicts the type, so that no client can read it as another one. */
  void checkFields(ManifestType type) {
    boolean versionless = type == ManifestType.OCI_ARTIFACT && !fields.contains("schemaVersion");
    if (!versionless && !schemaVersion.equals(OptionalInt.of(2))) {
      throw InvalidManifest.at("schemaVersion", "must be the number 2");
    }
    if (!type.isIndex()) {
      refuseField("manifests", type);
    }
    if (!type.isImage()) {
      refuseField("config", type);
      refuseField("layers", type);
    }
    refuseField("fsLayers", type);
    if (type.isImage() && !fields.contains("config")) {
      throw InvalidManifest.at("config", "is missing; an image manifest must have it");
    }
  }

  private void refuseSchema1(Optional<String> contentType) {
    boolean named =
        contentType.filter(ManifestOutline::isSchema1).isPresent()
            || mediaType.filter(ManifestOutline::isSchema1).isPresent();
    if (named || schemaVersion.equals(OptionalInt.of(1))) {
      throw InvalidManifest.of(
          "Docker image manifest version 2, schema 1 is not supported; it was replaced in 2016."
              + " Push the image with a current client, which writes schema 2 or OCI manifests",
          MediaTypes.DOCKER_SCHEMA_1);
    }
  }

  private static boolean isSchema1(String type) {
    return type.equals(MediaTypes.DOCKER_SCHEMA_1)
        || type.equals(MediaTypes.DOCKER_SCHEMA_1_SIGNED);
  }

  private ManifestType typeByFields() {
    if (fields.contains("manifests")) {
      return ManifestType.OCI_INDEX;
    }
    if (fields.contains("config") || fields.contains("layers")) {
      return ManifestType.OCI_IMAGE;
    }
    throw InvalidManifest.of(
        "neither the Content-Type of the request nor mediaType in the manifest says what this is, and it has none of"
            + " config, layers and manifests; the types understood are "
            + ManifestType.understood(),
        "mediaType");
  }

  private void refuseField(String name, ManifestType type) {
    if (fields.contains(name)) {
      throw InvalidManifest.at(
          name,
          "does not belong into a manifest of the type %s; with it, clients could read two different things"
              .formatted(type.mediaType()));
    }
  }

  private static String quoted(String type) {
    return "\"" + InvalidManifest.printable(type, 256) + "\"";
  }
}
