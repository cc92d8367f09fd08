package io.hatoba.oci;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What a {@code Range} header asks for of content of a known size (RFC 9110, 14.1 and 14.2; OCI
 * distribution specification, "Pulling blobs").
 */
public sealed interface ByteRanges {
  /**
   * The most ranges in one header. podman and skopeo merge what they ask for until it fits into
   * this many; more is refused as {@link Unsatisfiable}, which costs nothing.
   */
  int MAX_RANGES = 1024;

  /**
   * Everything, status 200: there is no header, or one in another unit or against the grammar,
   * which HTTP ignores; or the last bytes of empty content are asked for, which are all it has.
   */
  record Whole() implements ByteRanges {}

  /** Nothing of it exists, status 416 with {@code Content-Range: bytes *}{@code /size}. */
  record Unsatisfiable() implements ByteRanges {}

  /**
   * Status 206: one part as it is, several as {@code multipart/byteranges}.
   *
   * @param parts at least one; inside the content, in the order asked for. Parts that overlap are
   *     one, at the place of the first. Parts that only touch stay apart, since containers/image
   *     counts the parts of the answer
   */
  record Parts(List<Part> parts) implements ByteRanges {
    public Parts {
      parts = List.copyOf(parts);
    }
  }

  /**
   * Some of the content.
   *
   * @param first the position of the first byte, from 0
   * @param last the position of the last byte, inclusive; not before {@code first}
   */
  record Part(long first, long last) {
    /** The number of bytes, at least 1. */
    public long length() {
      return last - first + 1;
    }

    /** The {@code Content-Range} of this part. */
    public String contentRange(long size) {
      return "bytes " + first + "-" + last + "/" + size;
    }
  }

  /**
   * Parses the header. A range that starts after its own end counts as one that does not exist; the
   * conformance suite wants 416 for {@code bytes=500-0}, where RFC 9110 would ignore the header.
   *
   * @param header the value of {@code Range}, if the request has one
   * @param size the length of the content in bytes
   */
  static ByteRanges parse(Optional<String> header, long size) {
    String text = header.orElse("").strip();
    if (!text.regionMatches(true, 0, "bytes=", 0, 6)) {
      return new Whole();
    }
    List<Part> parts = new ArrayList<>();
    int count = 0;
    for (String item : text.substring(6).split(",", -1)) {
      String range = item.strip();
      if (range.isEmpty()) {
        continue;
      }
      if (++count > MAX_RANGES) {
        return new Unsatisfiable();
      }
      int dash = range.indexOf('-');
      String first = dash < 0 ? "" : range.substring(0, dash);
      String last = range.substring(dash + 1);
      boolean valid =
          dash == 0
              ? Digits.isNumber(last)
              : Digits.isNumber(first) && (last.isEmpty() || Digits.isNumber(last));
      if (!valid) {
        return new Whole();
      }
      if (dash == 0 && size == 0 && Digits.saturated(last) > 0) {
        return new Whole();
      }
      Part part = dash == 0 ? suffix(Digits.saturated(last), size) : part(first, last, size);
      if (part.last() >= part.first()) {
        parts.add(part);
      }
    }
    if (count == 0) {
      return new Whole();
    }
    return parts.isEmpty() ? new Unsatisfiable() : new Parts(merged(parts));
  }

  private static Part suffix(long length, long size) {
    return new Part(size - Math.min(length, size), size - 1);
  }

  private static Part part(String first, String last, long size) {
    long end = last.isEmpty() ? size - 1 : Math.min(Digits.saturated(last), size - 1);
    return new Part(Digits.saturated(first), end);
  }

  private static List<Part> merged(List<Part> asked) {
    record Placed(int place, Part part) {}
    List<Placed> sorted = new ArrayList<>();
    for (Part part : asked) {
      sorted.add(new Placed(sorted.size(), part));
    }
    sorted.sort(Comparator.comparingLong(placed -> placed.part().first()));
    List<Placed> merged = new ArrayList<>();
    for (Placed next : sorted) {
      if (merged.isEmpty() || merged.getLast().part().last() < next.part().first()) {
        merged.add(next);
        continue;
      }
      Placed previous = merged.removeLast();
      merged.add(
          new Placed(
              Math.min(previous.place(), next.place()),
              new Part(
                  previous.part().first(), Math.max(previous.part().last(), next.part().last()))));
    }
    merged.sort(Comparator.comparingInt(Placed::place));
    return merged.stream().map(Placed::part).toList();
  }
}
