package io.hatoba.server.image;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The config of an image (OCI image specification, "Image Configuration"), as far as it is shown.
 * Anybody may have written it: what has another form than the specification says is left out.
 *
 * @param created as the config says, which need not be a time
 */
public record ImageConfig(
    Optional<String> created,
    Optional<String> author,
    Optional<String> architecture,
    Optional<String> os,
    Optional<String> variant,
    Optional<String> user,
    Optional<String> workingDir,
    Optional<String> stopSignal,
    List<String> env,
    List<String> entrypoint,
    List<String> cmd,
    List<String> exposedPorts,
    List<String> volumes,
    Map<String, String> labels,
    List<Step> history) {
  /** The longest config that is read. */
  static final int LONGEST = 1 << 20;

  private static final int DEEPEST = 50;
  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder()
              .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
              .build());

  public ImageConfig {
    env = List.copyOf(env);
    entrypoint = List.copyOf(entrypoint);
    cmd = List.copyOf(cmd);
    exposedPorts = List.copyOf(exposedPorts);
    volumes = List.copyOf(volumes);
    history = List.copyOf(history);
  }

  /**
   * Reads a config.
   *
   * @throws RefusedException with {@link ErrorCode#BLOB_UNKNOWN} if it is no JSON object
   */
  static ImageConfig parse(byte[] bytes) {
    JsonNode root = object(bytes);
    JsonNode config = root.path("config");
    List<Step> history = new ArrayList<>();
    for (JsonNode step : root.path("history")) {
      history.add(
          new Step(
              text(step, "created"),
              text(step, "created_by"),
              text(step, "comment"),
              step.path("empty_layer").asBoolean(false)));
    }
    return new ImageConfig(
        text(root, "created"),
        text(root, "author"),
        text(root, "architecture"),
        text(root, "os"),
        text(root, "variant"),
        text(config, "User"),
        text(config, "WorkingDir"),
        text(config, "StopSignal"),
        texts(config, "Env"),
        texts(config, "Entrypoint"),
        texts(config, "Cmd"),
        names(config, "ExposedPorts"),
        names(config, "Volumes"),
        map(config, "Labels"),
        history);
  }

  /** The commands that made the layers, in their order: what made no layer is left out. */
  List<Step> stepsWithLayers() {
    return history.stream().filter(step -> !step.emptyLayer()).toList();
  }

  private static JsonNode object(byte[] bytes) {
    try {
      JsonNode root = JSON.readTree(bytes);
      if (root != null && root.isObject()) {
        return root;
      }
    } catch (IOException e) {
      throw new RefusedException(
          Refusal.unknown(ErrorCode.BLOB_UNKNOWN, "the config of the image is no JSON", ""));
    }
    throw new RefusedException(
        Refusal.unknown(ErrorCode.BLOB_UNKNOWN, "the config of the image is no JSON object", ""));
  }

  private static Optional<String> text(JsonNode node, String name) {
    return Optional.of(node.path(name))
        .filter(JsonNode::isTextual)
        .map(JsonNode::textValue)
        .filter(text -> !text.isEmpty());
  }

  private static List<String> texts(JsonNode node, String name) {
    List<String> texts = new ArrayList<>();
    if (node.path(name).isArray()) {
      for (JsonNode value : node.path(name)) {
        if (value.isTextual()) {
          texts.add(value.textValue());
        }
      }
    }
    return texts;
  }

  private static List<String> names(JsonNode node, String name) {
    List<String> names = new ArrayList<>();
    node.path(name).fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static Map<String, String> map(JsonNode node, String name) {
    Map<String, String> map = new TreeMap<>();
    node.path(name)
        .properties()
        .forEach(
            entry -> {
              if (entry.getValue().isTextual()) {
                map.put(entry.getKey(), entry.getValue().textValue());
              }
            });
    return map;
  }

  /**
   * What one step of a build did.
   *
   * @param emptyLayer whether it made no layer
   */
  public record Step(
      Optional<String> created,
      Optional<String> createdBy,
      Optional<String> comment,
      boolean emptyLayer) {}
}
