package io.hatoba.server.registry;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Which registries a list shows, and in which order.
 *
 * @param part of the name, upper and lower case alike
 * @param after the last one of the page before
 */
public record RegistryQuery(
    Optional<String> part,
    Optional<Purpose> purpose,
    Optional<Boolean> publicUri,
    Sort sort,
    boolean descending,
    Optional<Key> after) {
  /** All of them by name. */
  public static final RegistryQuery ALL =
      new RegistryQuery(
          Optional.empty(), Optional.empty(), Optional.empty(), Sort.NAME, false, Optional.empty());

  /** The page after this place. */
  public RegistryQuery after(Key key) {
    return new RegistryQuery(part, purpose, publicUri, sort, descending, Optional.of(key));
  }

  /** By what a list is in order. */
  public enum Sort {
    NAME("name"),
    CREATED_AT("createdAt"),
    /** A few seconds late. */
    PHYSICAL_BYTES("physicalBytes"),
    /** A few seconds late. */
    IMAGE_COUNT("imageCount");

    private final String identifier;

    Sort(String identifier) {
      this.identifier = identifier;
    }

    /** As the management API writes it. */
    public String identifier() {
      return identifier;
    }

    /** The key with this identifier. */
    public static Optional<Sort> of(String identifier) {
      return Arrays.stream(values()).filter(sort -> sort.identifier.equals(identifier)).findAny();
    }
  }

  /**
   * A place in the list.
   *
   * @param number what is the order, if that is not the name
   * @param id tells apart what has the same number
   */
  public record Key(String name, long number, long id) {
    /** As texts, for a cursor. */
    public List<String> texts() {
      return List.of(name, Long.toString(number), Long.toString(id));
    }

    /**
     * From the texts of a cursor.
     *
     * @throws NumberFormatException if they are none of {@link #texts}
     */
    public static Key of(List<String> texts) {
      return new Key(texts.get(0), Long.parseLong(texts.get(1)), Long.parseLong(texts.get(2)));
    }
  }

  /** A registry of a page. */
  public record Row(Registry registry, Key key) {}
}
