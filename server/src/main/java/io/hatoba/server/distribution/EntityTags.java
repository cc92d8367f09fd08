package io.hatoba.server.distribution;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The entity tags of {@code If-Match}, {@code If-None-Match} and {@code If-Range} (RFC 9110,
 * section 13).
 *
 * @param any whether it is {@code *}
 * @param tags the opaque parts, without quotes; weak ones included
 */
record EntityTags(boolean any, List<String> tags) {
  // Unquoted ones are not allowed, but clients that got them from other registries send them
  // (sretoolbox PR#49).
  private static final Pattern TAG = Pattern.compile("(?:W/)?\"([^\"]*)\"|([^\\s,\"]+)");

  EntityTags {
    tags = List.copyOf(tags);
  }

  static EntityTags parse(List<String> headers) {
    List<String> tags = new ArrayList<>();
    for (String header : headers) {
      if (header.strip().equals("*")) {
        return new EntityTags(true, List.of());
      }
      Matcher tag = TAG.matcher(header);
      while (tag.find()) {
        String quoted = tag.group(1);
        tags.add(quoted == null ? tag.group(2) : quoted);
      }
    }
    return new EntityTags(false, tags);
  }

  /** Weak comparison, as {@code If-None-Match} wants it. */
  boolean match(String opaque) {
    return any || tags.contains(opaque);
  }
}
