package io.hatoba.server.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.hatoba.oci.Descriptor;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Manifest;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.content.ArtifactKind;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Helm charts as they are shown (A4). Few are unpacked at once, however many are asked for. */
@Singleton
public final class Charts {
  private static final String CONTENT = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
  private static final String OLD_CONTENT = "application/tar+gzip";
  private static final String PROVENANCE = "application/vnd.cncf.helm.chart.provenance.v1.prov";
  private static final int AT_ONCE = 4;
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final Artifacts artifacts;
  private final Semaphore unpacking = new Semaphore(AT_ONCE);

  public Charts(Artifacts artifacts) {
    this.artifacts = artifacts;
  }

  /**
   * Reads a chart.
   *
   * @throws RefusedException with {@link ErrorCode#BLOB_UNKNOWN} if the artifact is none or cannot
   *     be read, {@link ErrorCode#BLOB_TOO_LARGE}, or {@link ErrorCode#TOOMANYREQUESTS}
   */
  Chart read(Artifacts.Found found) {
    if (found.kind() != ArtifactKind.HELM_CHART) {
      throw Artifacts.absent("this artifact is no Helm chart", found.digest().toString());
    }
    Manifest.Image chart = found.image();
    Descriptor archive =
        layer(chart, CONTENT)
            .or(() -> layer(chart, OLD_CONTENT))
            .orElseThrow(
                () -> Artifacts.absent("the chart has no archive", found.digest().toString()));
    if (!unpacking.tryAcquire()) {
      throw new RefusedException(
          new Refusal.TooMany("too many charts are being read; try again", RETRY));
    }
    try {
      ChartReader.Texts texts =
          ChartReader.read(artifacts.read(found, archive, ChartReader.LONGEST_ARCHIVE));
      JsonNode metadata =
          texts
              .chart()
              .flatMap(ChartYaml::toJson)
              .orElseThrow(
                  () ->
                      Artifacts.absent(
                          "the chart has no Chart.yaml that can be read",
                          archive.digest().toString()));
      JsonNode dependencies = metadata.path("dependencies");
      return new Chart(
          metadata,
          dependencies.isArray() ? dependencies : JsonNodeFactory.instance.arrayNode(),
          texts.values(),
          texts.readme(),
          layer(chart, PROVENANCE).isPresent());
    } catch (ChartReader.HostileArchiveException e) {
      throw Artifacts.absent(
          "the archive of the chart cannot be read: " + e.getMessage(),
          archive.digest().toString());
    } finally {
      unpacking.release();
    }
  }

  private static Optional<Descriptor> layer(Manifest.Image chart, String mediaType) {
    return chart.layers().stream().filter(layer -> layer.mediaType().equals(mediaType)).findFirst();
  }

  /**
   * A Helm chart.
   *
   * @param metadata {@code Chart.yaml}
   * @param values {@code values.yaml} as it is written
   * @param readme in Markdown
   * @param provenance whether a provenance file was pushed with it; it is not verified
   */
  public record Chart(
      @Schema(implementation = Map.class) JsonNode metadata,
      @Schema(implementation = Map[].class) JsonNode dependencies,
      Optional<String> values,
      Optional<String> readme,
      boolean provenance) {}
}
