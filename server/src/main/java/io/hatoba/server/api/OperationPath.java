package io.hatoba.server.api;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What the path of an operation says about what it is done to: names of collections, which are
 * plurals, each followed by a name in it, and at the end perhaps a word for what is done.
 *
 * <pre>
 * /api/v1/registries/main                                 registry:main
 * /api/v1/registries/main/images/team~app/tags/1.0        tag:main/team/app:1.0
 * /api/v1/accounts/kim/keys/HK1/reissue                   key:kim/HK1
 * /api/v1/session                                         session
 * </pre>
 *
 * @param pairs collections and names
 * @param last the words after the last pair
 */
record OperationPath(List<Pair> pairs, List<String> last) {
  private static final Pattern BASE = Pattern.compile("^(?:https?://[^/]*)?/?api/v1/?");

  OperationPath {
    pairs = List.copyOf(pairs);
    last = List.copyOf(last);
  }

  /** Of a path or an address as it was sent, not decoded. */
  static OperationPath of(String path) {
    String[] segments = BASE.matcher(path).replaceFirst("").split("/", -1);
    Arrays.setAll(segments, i -> decoded(segments[i]));
    List<Pair> pairs = new ArrayList<>();
    List<String> last = new ArrayList<>();
    for (int i = 0; i < segments.length; i++) {
      String segment = segments[i];
      if (segment.endsWith("s") && i + 1 < segments.length && !segments[i + 1].isEmpty()) {
        pairs.add(new Pair(segment, segments[++i]));
        last.clear();
      } else if (!segment.isEmpty()) {
        last.add(segment);
      }
    }
    return new OperationPath(pairs, last);
  }

  private static String decoded(String segment) {
    try {
      return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return segment;
    }
  }

  /** The registry that the path names; empty text for none. */
  String registry() {
    return name("registries").orElse("");
  }

  /** What it is done to, as the audit log writes it. */
  String target() {
    if (pairs.isEmpty()) {
      return String.join("/", last);
    }
    Pair end = pairs.getLast();
    String kind = singular(end.collection());
    StringBuilder target = new StringBuilder(kind).append(':');
    for (int i = 0; i < pairs.size(); i++) {
      String name = pairs.get(i).name().replace('~', '/');
      if (i > 0) {
        boolean tag = kind.equals("tag") || (kind.equals("artifact") && !name.contains(":"));
        boolean reference = i == pairs.size() - 1 && (tag || kind.equals("artifact"));
        target.append(reference ? (tag ? ":" : "@") : "/");
      }
      target.append(name);
    }
    return target.toString();
  }

  /** A name for what is done, of an operation that needs no permission. */
  String action(String method) {
    boolean verb =
        method.equals("POST")
            && !pairs.isEmpty()
            && !last.isEmpty()
            && !last.getLast().endsWith("s");
    if (verb) {
      return singular(pairs.getLast().collection()) + ":" + last.getLast();
    }
    String subject = singular(last.isEmpty() ? pairs.getLast().collection() : last.getLast());
    return subject
        + switch (method) {
          case "POST" -> ":create";
          case "DELETE" -> ":delete";
          default -> ":update";
        };
  }

  private Optional<String> name(String collection) {
    return pairs.stream()
        .filter(pair -> pair.collection().equals(collection))
        .map(Pair::name)
        .findFirst();
  }

  private static String singular(String collection) {
    if (collection.endsWith("ies")) {
      return collection.substring(0, collection.length() - 3) + "y";
    }
    return collection.endsWith("s") && !collection.endsWith("ss")
        ? collection.substring(0, collection.length() - 1)
        : collection;
  }

  /** A collection and a name in it. */
  record Pair(String collection, String name) {}
}
