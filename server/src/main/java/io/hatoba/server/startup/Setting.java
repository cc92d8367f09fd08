package io.hatoba.server.startup;

import io.smallrye.config.ConfigMappingInterface.PrimitiveProperty;
import io.smallrye.config.ConfigMappingInterface.Property;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One key that can be set.
 *
 * @param key for example {@code hatoba.stop-timeout}
 * @param type what its value is converted to
 * @param defaultValue as text; empty if the setting is optional
 * @param required whether a value must be there
 * @param range what is allowed, if that is limited
 * @param secret whether its value must never be shown
 * @param declaredBy the interface that the reference takes the docstring from
 * @param method the method's name there
 */
public record Setting(
    String key,
    Class<?> type,
    Optional<String> defaultValue,
    boolean required,
    Optional<Range> range,
    boolean secret,
    Class<?> declaredBy,
    String method) {

  /** The settings of these {@code @ConfigMapping} interfaces, in the order of their keys. */
  public static List<Setting> of(List<Class<?>> mappings) {
    List<Setting> settings = new ArrayList<>();
    for (Class<?> mapping : mappings) {
      Map<String, Property> properties =
          ConfigMappings.getProperties(ConfigClass.configClass(mapping));
      properties.forEach((key, property) -> settings.add(of(key, property)));
    }
    settings.sort(Comparator.comparing(Setting::key));
    return List.copyOf(settings);
  }

  private static Setting of(String key, Property property) {
    Optional<String> defaultValue =
        property.hasDefaultValue()
            ? Optional.ofNullable(property.getDefaultValue())
            : Optional.empty();
    boolean optional = property.isOptional();
    return new Setting(
        key,
        typeOf(property),
        defaultValue,
        !optional && defaultValue.isEmpty(),
        Optional.ofNullable(property.getMethod().getAnnotation(Range.class)),
        property.isSecret(),
        property.getMethod().getDeclaringClass(),
        property.getMethod().getName());
  }

  private static Class<?> typeOf(Property property) {
    return switch (property) {
      case PrimitiveProperty primitive -> primitive.getBoxType();
      case Property other when other.isLeaf() -> other.asLeaf().getValueRawType();
      default ->
          throw new IllegalStateException(
              property.getMethod()
                  + ": a setting is one value: text, number, time, size, path, yes or no");
    };
  }

  /** The environment variable that sets it, for example {@code HATOBA_STOP_TIMEOUT}. */
  public String variable() {
    return key.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
  }

  /** The flag that sets it, for example {@code --stop-timeout}. */
  public String flag() {
    return "--" + key.substring(Settings.PREFIX.length()).replace('.', '-');
  }
}
