package io.hatoba.server.content;

import io.hatoba.oci.Digest;
import io.hatoba.oci.MediaTypes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/**
 * The few blobs and manifests that everybody in a race pushes and deletes: images that share blobs,
 * indexes that share images, and what is about them. There are groups of them, each of which has
 * its season: then it is pushed, and at other times deleted everywhere.
 */
final class RaceContent {
  private static final int GROUPS = 3;
  private static final int BLOBS = 4;
  private static final int IMAGES = 4;

  /** How long a group is in season. */
  private static final Duration SEASON = Duration.ofSeconds(5);

  private final Map<Digest, byte[]> bytes = new HashMap<>();
  private final Map<Digest, Item> items = new LinkedHashMap<>();
  private final List<List<Item>> groups = new ArrayList<>();
  private final List<Blob> blobs = new ArrayList<>();

  RaceContent(Random random) {
    for (int group = 0; group < GROUPS; group++) {
      int before = items.size();
      addGroup(100 * group, random);
      groups.add(List.copyOf(items.values()).subList(before, items.size()));
    }
  }

  private void addGroup(int number, Random random) {
    List<Blob> its = new ArrayList<>();
    for (int i = 0; i < BLOBS; i++) {
      byte[] content = new byte[i % 2 == 0 ? 300 + i : 3_000 + i];
      random.nextBytes(content);
      Blob blob = new Blob(Digest.sha256(content), content.length, new Blob.Inline(content));
      its.add(blob);
      bytes.put(blob.digest(), content);
    }
    blobs.addAll(its);
    List<Digest> images = new ArrayList<>();
    for (int i = 0; i < IMAGES; i++) {
      Blob layer = its.get((i + 1 + random.nextInt(BLOBS - 1)) % BLOBS);
      images.add(add(image(number + i, its.get(i), layer), List.of(), Optional.empty(), ""));
    }
    List<Digest> indexes = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      List<Digest> children = images.subList(i, i + 3);
      TestContent.Json index =
          TestContent.index(
                  children.stream()
                      .map(child -> TestContent.descriptor(MediaTypes.OCI_MANIFEST, child, 7))
                      .toList())
              .with("\"n\":" + (number + i));
      indexes.add(add(new Named(index, Set.of()), children, Optional.empty(), ""));
    }
    Digest signature = addAbout(image(number + 10, its.get(0), its.get(3)), indexes.getFirst());
    addAbout(image(number + 11, its.get(1), its.get(3)), signature);
    // As cosign does it.
    add(
        image(number + 12, its.get(1), its.get(2)),
        List.of(),
        Optional.empty(),
        indexes.getLast().toString().replace(':', '-') + ".sig");
  }

  private Named image(int number, Blob config, Blob layer) {
    return new Named(
        TestContent.image(config, layer).with("\"n\":" + number),
        Set.of(config.digest(), layer.digest()));
  }

  private Digest addAbout(Named image, Digest subject) {
    return add(
        new Named(image.json().about(subject), image.blobs()), List.of(), Optional.of(subject), "");
  }

  private Digest add(Named named, List<Digest> children, Optional<Digest> subject, String tag) {
    Digest digest = named.json().digest();
    bytes.put(digest, named.json().bytes());
    items.put(digest, new Item(digest, named.json(), named.blobs(), children, subject, tag));
    return digest;
  }

  Item item(Digest digest) {
    return Optional.ofNullable(items.get(digest)).orElseThrow();
  }

  Collection<Item> items() {
    return items.values();
  }

  List<Digest> blobs() {
    return blobs.stream().map(Blob::digest).toList();
  }

  byte[] bytes(Digest digest) {
    return Optional.ofNullable(bytes.get(digest)).orElseThrow();
  }

  Digest anyBlob(Random random) {
    return blobs.get(random.nextInt(blobs.size())).digest();
  }

  Item any(Random random) {
    return List.copyOf(items.values()).get(random.nextInt(items.size()));
  }

  /** Something that is pushed at this time. */
  Item inSeason(Instant now, Random random) {
    List<Item> group = groups.get(season(now));
    return group.get(random.nextInt(group.size()));
  }

  /** Something that is deleted at this time, so that there is a time when nobody has it. */
  Item outOfSeason(Instant now, Random random) {
    List<Item> group = groups.get((season(now) + 1 + random.nextInt(GROUPS - 1)) % GROUPS);
    return group.get(random.nextInt(group.size()));
  }

  private static int season(Instant now) {
    return (int) (now.toEpochMilli() / SEASON.toMillis() % GROUPS);
  }

  /** All that may go with one, whatever else is there. */
  Set<Digest> mayGoWith(Digest root) {
    Set<Digest> members = new TreeSet<>(Set.of(root));
    boolean more = true;
    while (more) {
      Set<Digest> found = new TreeSet<>();
      for (Digest member : members) {
        found.addAll(item(member).children());
        String name = member.toString().replace(':', '-');
        for (Item other : items.values()) {
          if (other.subject().filter(member::equals).isPresent() || other.tag().startsWith(name)) {
            found.add(other.digest());
          }
        }
      }
      more = members.addAll(found);
    }
    return members;
  }

  /**
   * A manifest.
   *
   * @param children of an index
   * @param tag with which it is pushed, if it has to have one
   */
  record Item(
      Digest digest,
      TestContent.Json json,
      Set<Digest> blobs,
      List<Digest> children,
      Optional<Digest> subject,
      String tag) {}

  private record Named(TestContent.Json json, Set<Digest> blobs) {}
}
