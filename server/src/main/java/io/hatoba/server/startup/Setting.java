package io.hatoba.server.startup;

import io.smallrye.config.ConfigMappingInterface.CollectionProperty;
import io.smallrye.config.ConfigMappingInterface.OptionalProperty;
import io.smallrye.config.ConfigMappingInterface.PrimitiveProperty;
import io.smallrye.config.ConfigMappingInterface.Property;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import java.lang.reflect.Method;
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
 * @param type what its value is converted to; of a list, what each element is
 * @param list whether it takes several values, separated by commas
 * @param defaultValue as text; empty if there is none
 * @param required whether a value must be given
 * @param range what is allowed, if that is limited
 * @param secret whether its value must never be shown
 * @param declaredBy the interface that the reference takes the docstring from
 * @param method the method's name there
 */
public record Setting(
    String key,
    Class<?> type,
    boolean list,
    Optional<String> defaultValue,
    boolean required,
    Optional<Range> range,
    boolean secret,
    Class<?> declaredBy,
    String method) {

  /** What follows the key of a list in the key of its elements. */
  private static final String ELEMENT = "[*]";

  /** The settings of these {@code @ConfigMapping} interfaces, in the order of their keys. */
  public static List<Setting> of(List<Class<?>> mappings) {
    List<Setting> settings = new ArrayList<>();
    for (Class<?> mapping : mappings) {
      Map<String, Property> properties =
          ConfigMappings.getProperties(ConfigClass.configClass(mapping));
      properties.forEach(
          (key, property) -> {
            if (!key.endsWith(ELEMENT)) {
              settings.add(of(key, property, properties.containsKey(key + ELEMENT)));
            }
          });
    }
    settings.sort(Comparator.comparing(Setting::key));
    return List.copyOf(settings);
  }

  private static Setting of(String key, Property property, boolean list) {
    Method method = property.getMethod();
    Property value = property;
    if (value instanceof OptionalProperty optional) {
      value = optional.getNestedProperty();
    }
    if (value instanceof CollectionProperty collection) {
      value = collection.getElement();
    }
    Class<?> type =
        value instanceof PrimitiveProperty primitive
            ? primitive.getBoxType()
            : value.asLeaf().getValueRawType();
    Optional<String> defaultValue =
        property.hasDefaultValue()
            ? Optional.ofNullable(property.getDefaultValue())
            : Optional.empty();
    return new Setting(
        key,
        type,
        list,
        defaultValue,
        method.getReturnType() != Optional.class && defaultValue.isEmpty(),
        Optional.ofNullable(method.getAnnotation(Range.class)),
        type == Secret.class,
        method.getDeclaringClass(),
        method.getName());
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
