package io.hatoba.server.startup;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Tells whether a text is a value of a setting, by the conversions that the server will use. */
final class Values {
  private final SmallRyeConfig conversions =
      new SmallRyeConfigBuilder().addDiscoveredConverters().build();

  /** Whether the server could use this text. */
  boolean allowed(Setting setting, String text) {
    List<String> elements = setting.list() ? List.of(text.split(",", -1)) : List.of(text);
    return elements.stream().allMatch(element -> allowedElement(setting, element.strip()));
  }

  private boolean allowedElement(Setting setting, String text) {
    if (setting.type() == Boolean.class) {
      // The conversion takes every unknown word for false.
      return text.equals("true") || text.equals("false");
    }
    try {
      Object value = convert(text, setting.type());
      return setting.range().isEmpty() || within(setting.range().get(), value, setting.type());
    } catch (IllegalArgumentException | ArithmeticException e) {
      return false;
    }
  }

  private boolean within(Range range, Object value, Class<?> type) {
    double number = number(value);
    return number >= number(convert(range.min(), type))
        && number <= number(convert(range.max(), type));
  }

  private Object convert(String text, Class<?> type) {
    Object value = conversions.requireConverter(type).convert(text);
    if (value == null) {
      throw new IllegalArgumentException("empty");
    }
    return value;
  }

  private static double number(Object value) {
    return switch (value) {
      case Number number -> number.doubleValue();
      case Duration duration -> duration.toMillis();
      case MemorySize size -> size.asBigInteger().doubleValue();
      default -> throw new IllegalStateException("no range for " + value.getClass());
    };
  }

  /** The allowed form, to follow "It must be". */
  static String form(Setting setting) {
    String form = elementForm(setting);
    return setting.list() ? "one or more of these, separated by commas: " + form : form;
  }

  private static String elementForm(Setting setting) {
    Class<?> type = setting.type();
    String limits =
        setting.range().map(range -> " from " + range.min() + " to " + range.max()).orElse("");
    if (type == Integer.class || type == Long.class) {
      return "a whole number" + limits;
    }
    if (type == Duration.class) {
      return "a time such as 500ms, 30s, 5m or 2h" + (limits.isEmpty() ? "" : "," + limits);
    }
    if (type == MemorySize.class) {
      return "a size such as 20K, 4M or 1G" + (limits.isEmpty() ? "" : "," + limits);
    }
    if (type == Boolean.class) {
      return "true or false";
    }
    if (type.isEnum()) {
      return "one of "
          + Arrays.stream(type.getEnumConstants())
              .map(constant -> constant.toString().toLowerCase(Locale.ROOT).replace('_', '-'))
              .collect(Collectors.joining(", "));
    }
    return "a valid " + type.getSimpleName();
  }
}
