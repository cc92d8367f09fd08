package io.hatoba.oci;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/**
 * Reads manifests from bytes that anybody may have sent.
 *
 * <p>The bytes are read twice: once for the whole document (is it JSON, which fields has it) and,
 * when the type is known, once for what the type gives a meaning to. Time and memory grow with the
 * length of the content and nothing else; the caller limits that length.
 *
 * <p>Refused besides what the image specification refuses, because two readers could understand two
 * different things: fields that occur twice, names that differ from a known field only in the case
 * of letters (Go's JSON reader does not tell them apart), a document that is an image and an index
 * at once (CVE-2021-41190), and anything but UTF-8. Accepted: unknown fields, unknown media types
 * of what a descriptor points at, and {@code null} for an optional field or list.
 */
public final class ManifestParser {
  /** The most descriptors that one manifest may have, config and subject included. */
  public static final int MAX_DESCRIPTORS = 20_000;

  /** The most annotations that one manifest may have, those of its descriptors included. */
  public static final int MAX_ANNOTATIONS = 100_000;

  /** The deepest nesting of objects and arrays, in fields without a meaning too. */
  public static final int MAX_DEPTH = 100;

  private static final int MAX_NAME_LENGTH = 50_000;
  private static final int MAX_NUMBER_LENGTH = 1_000;

  /**
   * Names are not canonicalised: the table would be shared by all requests, and names that collide
   * on purpose would fill it.
   */
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNameLength(MAX_NAME_LENGTH)
                  .maxNumberLength(MAX_NUMBER_LENGTH)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private ManifestParser() {}

  /**
   * Parses a manifest.
   *
   * @param contentType the {@code Content-Type} of the request, parameters included; empty if it
   *     had none. When it is absent or generic ({@code application/json}, {@code
   *     application/octet-stream}), {@code mediaType} in the content decides; when both are there
   *     and differ, the manifest is refused; when neither says, {@code manifests} makes it an OCI
   *     index, and {@code config} or {@code layers} an OCI image manifest
   * @param content the bytes
   * @throws RefusedException with {@link ErrorCode#MANIFEST_INVALID}, saying what is wrong and
   *     where: the detail is the path of the wrong part, for example {@code layers[3].digest}, or
   *     line and column of what is not JSON, or the type that is not understood. Docker schema 1
   *     gets a message of its own
   */
  public static Manifest parse(Optional<String> contentType, byte[] content) {
    CharBuffer text = decode(content);
    try {
      ManifestOutline outline;
      try (JsonParser parser = open(text)) {
        outline = ManifestOutline.read(parser);
      }
      ManifestType type = outline.type(contentType.flatMap(ManifestParser::specificType));
      outline.checkFields(type);
      try (JsonParser parser = open(text)) {
        return new ManifestReader(parser, type).read();
      }
    } catch (JsonProcessingException e) {
      throw notJson(e);
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory failed", e);
    }
  }

  private static CharBuffer decode(byte[] content) {
    CharBuffer text;
    try {
      text =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(content));
    } catch (CharacterCodingException e) {
      throw InvalidManifest.of("a manifest is JSON in UTF-8; these bytes are not UTF-8", "");
    }
    if (text.isEmpty()) {
      throw InvalidManifest.of("the manifest is empty; it must be a JSON object", "");
    }
    if (text.charAt(0) == '\uFEFF') {
      throw InvalidManifest.of("a manifest must not start with a byte order mark", "");
    }
    return text;
  }

  private static JsonParser open(CharBuffer text) throws IOException {
    return JSON.createParser(text.array(), text.arrayOffset(), text.length());
  }

  /** The type without parameters, in lower case; empty if it says nothing about a manifest. */
  private static Optional<String> specificType(String contentType) {
    int semicolon = contentType.indexOf(';');
    String type = semicolon < 0 ? contentType : contentType.substring(0, semicolon);
    return switch (type.strip().toLowerCase(Locale.ROOT)) {
      case "", "application/json", MediaTypes.OCTET_STREAM -> Optional.empty();
      case String specific -> Optional.of(specific);
    };
  }

  private static RefusedException notJson(JsonProcessingException e) {
    JsonLocation location = e.getLocation();
    String where =
        location == null
            ? ""
            : "line %d, column %d".formatted(location.getLineNr(), location.getColumnNr());
    return InvalidManifest.of(
        "the manifest is not the JSON that is expected: "
            + InvalidManifest.printable(e.getOriginalMessage(), 300),
        where);
  }
}
