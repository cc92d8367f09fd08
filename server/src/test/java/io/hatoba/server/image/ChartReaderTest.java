package io.hatoba.server.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hatoba.server.image.ChartReader.HostileArchiveException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;

class ChartReaderTest {
  @Test
  void theTextsOfAChartAreFoundWhateverItsFolderIsCalled() throws IOException {
    ChartReader.Texts texts =
        ChartReader.read(
            archive(
                tar -> {
                  add(tar, "web/Chart.yaml", "name: web");
                  add(tar, "web/values.yaml", "a: 1");
                  add(tar, "web/README.md", "# Web");
                  add(tar, "web/charts/db/Chart.yaml", "name: db");
                  add(tar, "web/charts/db/README.md", "# Db");
                }));
    assertThat(texts.chart()).contains("name: web");
    assertThat(texts.values()).contains("a: 1");
    assertThat(texts.readme()).contains("# Web");
  }

  @Test
  void theFirstOfTwoFilesOfOneNameCounts() throws IOException {
    ChartReader.Texts texts =
        ChartReader.read(
            archive(
                tar -> {
                  add(tar, "web/Chart.yaml", "name: first");
                  add(tar, "other/Chart.yaml", "name: second");
                }));
    assertThat(texts.chart()).contains("name: first");
  }

  @Test
  void pathsOutOfTheChartAndLinksAreNoTexts() throws IOException {
    ChartReader.Texts texts =
        ChartReader.read(
            archive(
                tar -> {
                  add(tar, "../Chart.yaml", "name: up");
                  add(tar, "/Chart.yaml", "name: root");
                  add(tar, "Chart.yaml", "name: top");
                  TarArchiveEntry link =
                      new TarArchiveEntry("web/README.md", TarConstants.LF_SYMLINK);
                  link.setLinkName("/etc/passwd");
                  tar.putArchiveEntry(link);
                  tar.closeArchiveEntry();
                }));
    assertThat(texts).isEqualTo(new ChartReader.Texts(none(), none(), none()));
  }

  @Test
  void aTextThatIsTooLongIsLeftOut() throws IOException {
    ChartReader.Texts texts =
        ChartReader.read(
            archive(
                tar -> {
                  add(tar, "web/values.yaml", "x".repeat(ChartReader.LONGEST_TEXT + 1));
                  add(tar, "web/Chart.yaml", "name: web");
                }));
    assertThat(texts.values()).isEmpty();
    assertThat(texts.chart()).contains("name: web");
  }

  @Test
  void aBombIsNotUnpacked() throws IOException {
    byte[] bomb =
        archive(
            tar -> {
              TarArchiveEntry entry = new TarArchiveEntry("web/big");
              entry.setSize(ChartReader.MOST_UNPACKED + 10_000_000L);
              tar.putArchiveEntry(entry);
              byte[] zeros = new byte[1 << 20];
              for (long left = entry.getSize(); left > 0; left -= zeros.length) {
                tar.write(zeros, 0, (int) Math.min(left, zeros.length));
              }
              tar.closeArchiveEntry();
              add(tar, "web/Chart.yaml", "name: web");
            });
    assertThat(bomb.length).isLessThan(1 << 20);
    assertThatThrownBy(() -> ChartReader.read(bomb))
        .isInstanceOf(HostileArchiveException.class)
        .hasMessageContaining("100 MiB");
  }

  @Test
  void tooManyEntriesAreNotRead() throws IOException {
    byte[] many =
        archive(
            tar -> {
              for (int i = 0; i <= ChartReader.MOST_ENTRIES; i++) {
                add(tar, "web/" + i, "");
              }
            });
    assertThatThrownBy(() -> ChartReader.read(many))
        .isInstanceOf(HostileArchiveException.class)
        .hasMessageContaining("entries");
  }

  @Test
  void anEntryThatClaimsToBeHugeIsNoReasonToTakeMemory() throws IOException {
    byte[] tar = unzipped(archive(out -> add(out, "web/Chart.yaml", "name: web")));
    byte[] size = "77777777777\0".getBytes(StandardCharsets.US_ASCII); // 8 GiB
    System.arraycopy(size, 0, tar, 124, size.length);
    fixChecksum(tar);
    assertThatThrownBy(() -> ChartReader.read(zipped(tar)))
        .isInstanceOf(HostileArchiveException.class);
  }

  @Test
  void aLongNameThatNeverEndsIsNoReasonToTakeMemory() throws IOException {
    byte[] header = unzipped(archive(out -> add(out, "././@LongLink", "x"))).clone();
    header[156] = TarConstants.LF_GNUTYPE_LONGNAME;
    byte[] size = "77777777777\0".getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(size, 0, header, 124, size.length);
    fixChecksum(header);
    assertThatThrownBy(() -> ChartReader.read(zipped(header)))
        .isInstanceOf(HostileArchiveException.class);
  }

  @Test
  void anythingElseIsRefusedInTheSameWay() throws IOException {
    byte[] good =
        archive(
            tar -> {
              add(tar, "web/Chart.yaml", "name: web");
              add(tar, "web/" + "long/".repeat(60) + "name", "x");
            });
    Random random = new Random(1);
    byte[] plain = unzipped(good);
    for (int i = 0; i < 2_000; i++) {
      byte[] broken = plain.clone();
      for (int change = random.nextInt(1, 6); change > 0; change--) {
        broken[random.nextInt(2048)] = (byte) random.nextInt();
      }
      if (random.nextBoolean()) {
        fixChecksum(broken);
      }
      assertReadOrRefused(zipped(broken));
    }
    assertThatThrownBy(() -> ChartReader.read(new byte[0]))
        .isInstanceOf(HostileArchiveException.class);
    assertThatThrownBy(() -> ChartReader.read(Arrays.copyOf(good, good.length / 2)))
        .isInstanceOf(HostileArchiveException.class);
  }

  private static void assertReadOrRefused(byte[] archive) {
    try {
      assertThat(ChartReader.read(archive)).isNotNull();
    } catch (HostileArchiveException e) {
      assertThat(e).hasMessageMatching("(unpacked )?it (is|has) .*");
    }
  }

  private static Optional<String> none() {
    return Optional.empty();
  }

  private static void fixChecksum(byte[] tar) {
    Arrays.fill(tar, 148, 156, (byte) ' ');
    int sum = 0;
    for (int i = 0; i < 512; i++) {
      sum += tar[i] & 0xff;
    }
    byte[] text = "%06o\0 ".formatted(sum).getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(text, 0, tar, 148, text.length);
  }

  private static byte[] archive(Content content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
      content.write(tar);
    }
    return bytes.toByteArray();
  }

  private static void add(TarArchiveOutputStream tar, String name, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    TarArchiveEntry entry = new TarArchiveEntry(name, true);
    entry.setSize(bytes.length);
    tar.putArchiveEntry(entry);
    tar.write(bytes);
    tar.closeArchiveEntry();
  }

  private static byte[] unzipped(byte[] archive) throws IOException {
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(archive))) {
      return in.readAllBytes();
    }
  }

  private static byte[] zipped(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  private interface Content {
    void write(TarArchiveOutputStream tar) throws IOException;
  }
}
