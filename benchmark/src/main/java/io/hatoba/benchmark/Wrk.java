package io.hatoba.benchmark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs wrk and reads what it prints. */
final class Wrk {
  private static final Pattern REQUESTS = Pattern.compile("Requests/sec:\\s+([0-9.]+)");
  private static final Pattern TRANSFER = Pattern.compile("Transfer/sec:\\s+([0-9.]+)([KMGT]?)B");
  private static final Pattern REFUSED = Pattern.compile("Non-2xx or 3xx responses: ([0-9]+)");
  private static final Pattern BROKEN =
      Pattern.compile(
          "Socket errors: connect ([0-9]+), read ([0-9]+), write ([0-9]+), timeout ([0-9]+)");

  private Wrk() {}

  /**
   * What a run of wrk says.
   *
   * @param requestsPerSecond answers of whatever status
   * @param bytesPerSecond headers included
   * @param errors answers that are no success, and broken connections
   */
  record Result(double requestsPerSecond, double bytesPerSecond, long errors) {}

  static Result run(
      Peer peer, String target, int connections, Duration time, Optional<String> authorization)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "wrk",
                "--threads=" + Math.min(2, connections),
                "--connections=" + connections,
                "--duration=" + time.toSeconds() + "s",
                "--timeout=30s",
                "--header=Accept: application/vnd.oci.image.manifest.v1+json"));
    authorization.ifPresent(value -> command.add("--header=Authorization: " + value));
    command.add(peer.origin() + target);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output;
    try {
      output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor(10, TimeUnit.SECONDS);
    } finally {
      process.destroyForcibly();
    }
    return parse(output);
  }

  static Result parse(String output) throws IOException {
    Matcher requests = REQUESTS.matcher(output);
    Matcher transfer = TRANSFER.matcher(output);
    if (!requests.find() || !transfer.find()) {
      throw new IOException("wrk failed: " + output);
    }
    long errors = 0;
    for (Pattern pattern : List.of(REFUSED, BROKEN)) {
      Matcher matcher = pattern.matcher(output);
      if (matcher.find()) {
        for (int i = 1; i <= matcher.groupCount(); i++) {
          errors += Long.parseLong(matcher.group(i));
        }
      }
    }
    double unit = Math.pow(1024, "KMGT".indexOf(transfer.group(2)) + 1);
    if (transfer.group(2).isEmpty()) {
      unit = 1;
    }
    return new Result(
        Double.parseDouble(requests.group(1)),
        Double.parseDouble(transfer.group(1)) * unit,
        errors);
  }
}
