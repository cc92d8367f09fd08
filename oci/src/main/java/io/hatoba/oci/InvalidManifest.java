package io.hatoba.oci;

import com.fasterxml.jackson.core.JsonStreamContext;

/** Refusals of {@link ManifestParser} and the path of the part they speak about. */
final class InvalidManifest {
  private static final int LONGEST_NAME = 64;

  private InvalidManifest() {}

  static RefusedException of(String message, String detail) {
    return new RefusedException(Refusal.invalid(ErrorCode.MANIFEST_INVALID, message, detail));
  }

  /** A refusal of the part at this path; the message begins with the path. */
  static RefusedException at(String path, String message) {
    return path.isEmpty() ? of("the manifest " + message, "") : of(path + " " + message, path);
  }

  /**
   * Where a parser stands, for example {@code layers[3].annotations["a b"]}; empty text at the top.
   */
  static String path(JsonStreamContext context) {
    StringBuilder path = new StringBuilder();
    append(context, path);
    return path.toString();
  }

  /** A field of the part at this path. */
  static String field(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  /** The text for a message: printable ASCII, cut to this length. */
  static String printable(String text, int longest) {
    String cut = text.length() <= longest ? text : text.substring(0, longest) + "...";
    return cut.replaceAll("[^\\x20-\\x7e]", "?");
  }

  /** The depth of the recursion is bounded by {@link ManifestParser#MAX_DEPTH}. */
  private static void append(JsonStreamContext context, StringBuilder path) {
    if (context.getParent() != null) {
      append(context.getParent(), path);
    }
    if (context.inArray() && context.hasCurrentIndex()) {
      path.append('[').append(context.getCurrentIndex()).append(']');
    }
    if (context.inObject() && context.hasCurrentName()) {
      String name = context.getCurrentName();
      if (name.length() <= LONGEST_NAME && name.matches("[A-Za-z0-9_]+")) {
        path.append(path.isEmpty() ? "" : ".").append(name);
      } else {
        path.append("[\"").append(printable(name, LONGEST_NAME)).append("\"]");
      }
    }
  }
}
