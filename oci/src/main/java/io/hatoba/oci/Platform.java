package io.hatoba.oci;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What an image runs on (OCI image specification, "Image Index", {@code platform}).
 *
 * @param text {@code os/architecture} or {@code os/architecture/variant}, with the names that
 *     clients normalise to: {@code linux/amd64}, {@code linux/arm64}, {@code linux/arm/v7}
 */
public record Platform(String text) {
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,39}");

  /**
   * The platform of these names. Empty if one is missing or no name, and for {@code unknown}, which
   * BuildKit gives to what is no image.
   *
   * @param variant may be empty
   */
  public static Optional<Platform> of(String os, String architecture, String variant) {
    if (!isName(os) || !isName(architecture) || !(variant.isEmpty() || isName(variant))) {
      return Optional.empty();
    }
    String machine =
        switch (architecture) {
          case "x86_64", "x86-64" -> "amd64";
          case "aarch64" -> "arm64";
          default -> architecture;
        };
    boolean implied = variant.isEmpty() || (machine.equals("arm64") && variant.equals("v8"));
    return Optional.of(new Platform(os + "/" + machine + (implied ? "" : "/" + variant)));
  }

  /** The platform that is written {@code os/architecture[/variant]}, if it is one. */
  public static Optional<Platform> parse(String text) {
    String[] parts = text.split("/", -1);
    return parts.length == 2 || parts.length == 3
        ? of(parts[0], parts[1], parts.length == 3 ? parts[2] : "")
        : Optional.empty();
  }

  @Override
  public String toString() {
    return text;
  }

  private static boolean isName(String text) {
    return !text.equals("unknown") && WORD.matcher(text).matches();
  }
}
