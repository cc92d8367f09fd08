package io.hatoba.server.image;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * Takes the few texts that are shown of a Helm chart out of its archive, which anybody may have
 * made. Nothing is written to files. Time and memory are bounded: by what may be unpacked in all,
 * by the number of entries, and by the size of a text.
 */
final class ChartReader {
  /** The longest archive that is read. */
  static final int LONGEST_ARCHIVE = 20 << 20;

  static final int MOST_UNPACKED = 100 << 20;
  static final int MOST_ENTRIES = 20_000;

  /** The longest text; what is longer is left out. */
  static final int LONGEST_TEXT = 1 << 20;

  private static final int LONGEST_NAME = 1_000;

  private ChartReader() {}

  /**
   * Reads an archive.
   *
   * @throws HostileArchiveException if it is no gzipped tar, or above a limit
   */
  static Texts read(byte[] archive) throws HostileArchiveException {
    Map<String, String> found = new TreeMap<>();
    try (InputStream unpacked =
            new Limited(new GZIPInputStream(new ByteArrayInputStream(archive)), MOST_UNPACKED);
        TarArchiveInputStream tar = new TarArchiveInputStream(unpacked)) {
      int entries = 0;
      TarArchiveEntry entry;
      while ((entry = tar.getNextEntry()) != null) {
        if (++entries > MOST_ENTRIES) {
          throw new HostileArchiveException("it has more than %d entries".formatted(MOST_ENTRIES));
        }
        Optional<String> wanted = wanted(entry);
        if (wanted.isPresent() && !found.containsKey(wanted.get())) {
          byte[] text = tar.readNBytes(LONGEST_TEXT + 1);
          if (text.length <= LONGEST_TEXT) {
            found.put(wanted.get(), new String(text, StandardCharsets.UTF_8));
          }
        }
      }
    } catch (HostileArchiveException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The library meets whatever the archive says with whatever exception.
      throw new HostileArchiveException("it is no gzipped tar archive that can be read");
    }
    return new Texts(
        Optional.ofNullable(found.get("Chart.yaml")),
        Optional.ofNullable(found.get("values.yaml")),
        Optional.ofNullable(found.get("README.md")));
  }

  /**
   * Which text an entry is: files right in the folder of the chart, whatever that is called; those
   * of charts inside lie deeper.
   */
  private static Optional<String> wanted(TarArchiveEntry entry) {
    String name = entry.getName();
    if (!entry.isFile()
        || entry.isSymbolicLink()
        || entry.isLink()
        || name.length() > LONGEST_NAME) {
      return Optional.empty();
    }
    String path = name.startsWith("./") ? name.substring(2) : name;
    int slash = path.indexOf('/');
    if (slash < 1 || path.startsWith("..")) {
      return Optional.empty();
    }
    return switch (path.substring(slash + 1)) {
      case "Chart.yaml" -> Optional.of("Chart.yaml");
      case "values.yaml" -> Optional.of("values.yaml");
      case "README.md", "readme.md", "README", "README.txt" -> Optional.of("README.md");
      default -> Optional.empty();
    };
  }

  /** The texts of a chart that are there and not too long. */
  record Texts(Optional<String> chart, Optional<String> values, Optional<String> readme) {}

  /** Ends with an exception instead of unpacking more than so many bytes. */
  private static final class Limited extends FilterInputStream {
    private long left;

    Limited(InputStream in, long most) {
      super(in);
      this.left = most;
    }

    @Override
    public int read() throws IOException {
      int b = super.read();
      count(b < 0 ? 0 : 1);
      return b;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int n = super.read(bytes, offset, length);
      count(Math.max(0, n));
      return n;
    }

    @Override
    public long skip(long n) throws IOException {
      long skipped = 0;
      byte[] buffer = new byte[8192];
      while (skipped < n) {
        int read = read(buffer, 0, (int) Math.min(buffer.length, n - skipped));
        if (read < 0) {
          break;
        }
        skipped += read;
      }
      return skipped;
    }

    @Override
    public boolean markSupported() {
      return false;
    }

    private void count(int bytes) throws HostileArchiveException {
      left -= bytes;
      if (left < 0) {
        throw new HostileArchiveException(
            "unpacked it has more than %d MiB".formatted(MOST_UNPACKED >> 20));
      }
    }
  }

  /** The archive is not one, or is larger than any chart. */
  static final class HostileArchiveException extends IOException {
    HostileArchiveException(String message) {
      super(message);
    }
  }
}
