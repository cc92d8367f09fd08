package io.hatoba.oci;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The second reading of a manifest: what its type gives a meaning to. */
final class ManifestReader {
  private static final Set<String> DESCRIPTOR_FIELDS =
      Set.of("mediaType", "digest", "size", "urls", "annotations", "artifactType", "data");
  private static final int MAX_URLS = 1_000;

  /** A type and a subtype have at most 127 characters each (RFC 6838); parameters may follow. */
  private static final int MAX_TYPE_LENGTH = 512;

  private final JsonParser parser;
  private final ManifestType type;
  private int descriptorCount;
  private int annotationCount;

  private @Nullable Descriptor config;
  private @Nullable Descriptor subject;
  private List<Descriptor> members = List.of();
  private Optional<String> artifactType = Optional.empty();
  private Map<String, String> annotations = Map.of();

  ManifestReader(JsonParser parser, ManifestType type) {
    this.parser = parser;
    this.type = type;
  }

  Manifest read() throws IOException {
    String list = type.isIndex() ? "manifests" : type.isImage() ? "layers" : "blobs";
    parser.nextToken();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      boolean present = parser.nextToken() != JsonToken.VALUE_NULL;
      if (present && name.equals(list)) {
        members = descriptors();
      } else if (present && name.equals("config") && type.isImage()) {
        config = descriptor();
      } else if (present && name.equals("subject") && type.hasSubject()) {
        subject = descriptor();
      } else if (present && name.equals("artifactType")) {
        artifactType = artifactType();
      } else if (present && name.equals("annotations")) {
        annotations = annotations();
      } else {
        parser.skipChildren();
      }
    }
    if (type.isIndex()) {
      return new Manifest.Index(
          type.mediaType(), members, Optional.ofNullable(subject), artifactType, annotations);
    }
    Optional<Descriptor> image = Optional.ofNullable(config);
    return new Manifest.Image(
        type.mediaType(),
        image,
        members,
        Optional.ofNullable(subject),
        artifactType.or(() -> image.map(Descriptor::mediaType)),
        annotations);
  }

  private List<Descriptor> descriptors() throws IOException {
    expect(JsonToken.START_ARRAY, "must be an array");
    List<Descriptor> descriptors = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      descriptors.add(descriptor());
    }
    return descriptors;
  }

  private Descriptor descriptor() throws IOException {
    expect(JsonToken.START_OBJECT, "must be an object with mediaType, digest and size");
    if (++descriptorCount > ManifestParser.MAX_DESCRIPTORS) {
      throw here(
          "is one descriptor too many; at most %d".formatted(ManifestParser.MAX_DESCRIPTORS));
    }
    String mediaType = null;
    Digest digest = null;
    long size = -1;
    List<String> urls = List.of();
    Map<String, String> notes = Map.of();
    Optional<String> artifact = Optional.empty();
    Optional<Platform> platform = Optional.empty();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      boolean present = parser.nextToken() != JsonToken.VALUE_NULL;
      switch (name) {
        case "mediaType" -> mediaType = mediaType();
        case "digest" -> digest = digest();
        case "size" -> size = size();
        case "urls" -> urls = present ? urls() : List.of();
        case "annotations" -> notes = present ? annotations() : Map.of();
        case "artifactType" -> artifact = present ? artifactType() : Optional.empty();
        case "platform" -> platform = platform();
        default -> {
          if (!DESCRIPTOR_FIELDS.contains(name)) {
            Lookalikes.refuse(name, DESCRIPTOR_FIELDS, parser.getParsingContext());
          }
          parser.skipChildren();
        }
      }
    }
    if (mediaType == null) {
      throw missing("mediaType");
    }
    if (digest == null) {
      throw missing("digest");
    }
    if (size < 0) {
      throw missing("size");
    }
    return new Descriptor(mediaType, digest, size, urls, notes, artifact, platform);
  }

  private String mediaType() throws IOException {
    String text = string();
    if (text.isEmpty() || text.length() > MAX_TYPE_LENGTH || !isPrintable(text)) {
      throw here(
          "must be a media type: 1 to %d printable ASCII characters".formatted(MAX_TYPE_LENGTH));
    }
    return text;
  }

  private Optional<String> artifactType() throws IOException {
    if (string().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(mediaType());
  }

  /** Only shown, never relied on: what is not understood is left out and not refused. */
  private Optional<Platform> platform() throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      parser.skipChildren();
      return Optional.empty();
    }
    String os = "";
    String architecture = "";
    String variant = "";
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      if (parser.nextToken() == JsonToken.VALUE_STRING) {
        switch (name) {
          case "os" -> os = parser.getText();
          case "architecture" -> architecture = parser.getText();
          case "variant" -> variant = parser.getText();
          default -> {}
        }
      } else {
        parser.skipChildren();
      }
    }
    return Platform.of(os, architecture, variant);
  }

  private Digest digest() throws IOException {
    String text = string();
    try {
      return Digest.parse(text);
    } catch (RefusedException e) {
      throw here("is not a digest: " + e.refusal().message());
    }
  }

  private long size() throws IOException {
    expect(JsonToken.VALUE_NUMBER_INT, "must be a whole number of bytes");
    String text = parser.getText();
    if (text.startsWith("-")) {
      throw here("must not be negative");
    }
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw here("is larger than any content can be");
    }
  }

  private List<String> urls() throws IOException {
    expect(JsonToken.START_ARRAY, "must be an array of strings");
    List<String> urls = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (urls.size() == MAX_URLS) {
        throw here("is one too many; at most " + MAX_URLS);
      }
      urls.add(string());
    }
    return urls;
  }

  private Map<String, String> annotations() throws IOException {
    expect(JsonToken.START_OBJECT, "must be an object of strings");
    Map<String, String> found = new TreeMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      if (++annotationCount > ManifestParser.MAX_ANNOTATIONS) {
        throw here(
            "is one annotation too many; at most %d".formatted(ManifestParser.MAX_ANNOTATIONS));
      }
      String key = checked(parser.currentName());
      parser.nextToken();
      found.put(key, string());
    }
    return found;
  }

  private String string() throws IOException {
    expect(JsonToken.VALUE_STRING, "must be a string");
    return checked(parser.getText());
  }

  /**
   * No database and no header takes the character 0, and half a surrogate pair has no UTF-8 form.
   */
  private String checked(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0) {
        throw here("must not contain the character 0");
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        throw here("contains half a surrogate pair, which is no character");
      }
    }
    return text;
  }

  private static boolean isPrintable(String text) {
    return text.chars().allMatch(c -> c >= 0x20 && c <= 0x7e);
  }

  private void expect(JsonToken token, String message) {
    if (parser.currentToken() != token) {
      throw here(message);
    }
  }

  private RefusedException missing(String name) {
    String path = InvalidManifest.field(InvalidManifest.path(parser.getParsingContext()), name);
    return InvalidManifest.at(path, "is missing; a descriptor must have it");
  }

  private RefusedException here(String message) {
    return InvalidManifest.at(InvalidManifest.path(parser.getParsingContext()), message);
  }
}
