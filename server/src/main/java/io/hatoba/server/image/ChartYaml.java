package io.hatoba.server.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * {@code Chart.yaml} as JSON. Only plain values are made of it, and aliases, which a small text can
 * grow to any size by, are bounded: nothing that Helm writes has any.
 */
final class ChartYaml {
  private static final int MOST_ALIASES = 10;
  private static final int DEEPEST = 30;
  private static final int MOST_VALUES = 10_000;

  private ChartYaml() {}

  /** The object that a text is; empty if it is none, or above a limit. */
  static Optional<JsonNode> toJson(String text) {
    LoaderOptions options = new LoaderOptions();
    options.setMaxAliasesForCollections(MOST_ALIASES);
    options.setNestingDepthLimit(DEEPEST);
    options.setCodePointLimit(ChartReader.LONGEST_TEXT);
    options.setAllowDuplicateKeys(false);
    options.setAllowRecursiveKeys(false);
    try {
      Object value = new Yaml(new SafeConstructor(options)).load(text);
      return value instanceof Map<?, ?> map
          ? Optional.of(new Converter().object(map, 0))
          : Optional.empty();
    } catch (YAMLException | TooMuchException | StackOverflowError e) {
      return Optional.empty(); // said by its absence
    }
  }

  /** Counts what it makes, since a value may be referred to many times. */
  private static final class Converter {
    private int made;

    ObjectNode object(Map<?, ?> map, int depth) {
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      map.forEach((key, value) -> object.set(String.valueOf(key), node(value, depth + 1)));
      return object;
    }

    private JsonNode node(@Nullable Object value, int depth) {
      if (++made > MOST_VALUES || depth > DEEPEST) {
        throw new TooMuchException();
      }
      JsonNodeFactory json = JsonNodeFactory.instance;
      return switch (value) {
        case Map<?, ?> map -> object(map, depth);
        case List<?> list -> {
          var array = json.arrayNode();
          list.forEach(element -> array.add(node(element, depth + 1)));
          yield array;
        }
        case Boolean bool -> json.booleanNode(bool);
        case Integer number -> json.numberNode(number);
        case Long number -> json.numberNode(number);
        case BigInteger number -> json.numberNode(number);
        case Double number when Double.isFinite(number) -> json.numberNode(number);
        case Date date -> json.textNode(date.toInstant().toString());
        case null -> json.textNode("");
        default -> json.textNode(String.valueOf(value));
      };
    }
  }

  private static final class TooMuchException extends RuntimeException {
    TooMuchException() {
      super("the document has more values than any chart", null, false, false);
    }
  }
}
