package io.hatoba.benchmark;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** The command: starts the servers, measures, prints the tables, ends the servers. */
public final class Comparison {
  /** A load against a server in a round. */
  @FunctionalInterface
  private interface Load {
    Sample run(Peer peer, int round) throws IOException, InterruptedException;
  }

  private record Measurement(
      String id, String title, Table.Unit unit, boolean registriesOnly, Load load) {}

  private final Options options;
  private final PrintStream progress;
  private final List<Peer> running = new CopyOnWriteArrayList<>();

  private Comparison(Options options, PrintStream progress) {
    this.options = options;
    this.progress = progress;
  }

  /** Runs with the options of {@code benchmark/run}; exits with 1 after a failure. */
  public static void main(String... arguments) {
    Options options;
    try {
      options = Options.parse(arguments);
    } catch (IllegalArgumentException e) {
      System.err.println("benchmark/run: " + e.getMessage());
      System.exit(2);
      return;
    }
    Comparison comparison = new Comparison(options, System.err);
    Runtime.getRuntime().addShutdownHook(new Thread(comparison::stopAll));
    try {
      System.out.print(comparison.run());
    } catch (IOException e) {
      System.err.println("benchmark/run: " + e.getMessage());
      System.exit(1);
    } catch (InterruptedException e) {
      System.exit(1);
    }
    System.exit(0);
  }

  private void stopAll() {
    running.forEach(Peer::stop);
  }

  private String run() throws IOException, InterruptedException {
    Content content = new Content(options.blobMebibytes());
    PeerLauncher launcher = new PeerLauncher(options);
    List<String> columns = new ArrayList<>(options.peers());
    columns.add("dd");
    Table table = new Table(columns);
    for (String name : options.peers()) {
      progress.println("starting " + name);
      Peer peer = launcher.start(name);
      running.add(peer);
      table.add("memory after the start", Table.Unit.MEBIBYTES, name, resident(peer));
      content.put(peer, PeerLauncher.documents(options));
    }
    for (Measurement measurement : measurements(content)) {
      if (!options.only().isEmpty() && !options.only().contains(measurement.id())) {
        continue;
      }
      measure(measurement, table);
    }
    for (Peer peer : running) {
      table.add("memory at the end", Table.Unit.MEBIBYTES, peer.name(), resident(peer));
    }
    return table.values() + "\n" + table.ratios();
  }

  private List<Measurement> measurements(Content content) {
    ArtifactLoad artifacts = new ArtifactLoad(options.clients(), options.time());
    BlobLoad blobs = new BlobLoad(4, options.pushMebibytes());
    String push = "blob push " + options.pushMebibytes() + " MiB, ";
    String small = "1 KiB artifacts, " + options.clients() + " clients, ";
    return List.of(
        new Measurement(
            "blob-get",
            "blob GET " + options.blobMebibytes() + " MiB, 4 connections",
            Table.Unit.BYTES_PER_SECOND,
            false,
            (peer, round) -> {
              Wrk.Result result = wrk(peer, content.blobTarget(peer), 4);
              return new Sample(result.bytesPerSecond(), result.errors(), 0);
            }),
        new Measurement(
            "manifest-get",
            "manifest GET by tag, 32 connections",
            Table.Unit.PER_SECOND,
            false,
            (peer, round) -> {
              Wrk.Result result = wrk(peer, content.manifestTarget(peer), 32);
              return new Sample(result.requestsPerSecond(), result.errors(), 0);
            }),
        new Measurement(
            "artifact-push",
            small + "one repository",
            Table.Unit.PER_SECOND,
            true,
            (peer, round) -> artifacts.run(peer, round, true)),
        new Measurement(
            "artifact-push-own",
            small + "one each",
            Table.Unit.PER_SECOND,
            true,
            (peer, round) -> artifacts.run(peer, round, false)),
        new Measurement(
            "blob-push",
            push + "1 client",
            Table.Unit.BYTES_PER_SECOND,
            true,
            (peer, round) -> blobs.run(peer, 1)),
        new Measurement(
            "blob-push-4",
            push + "4 clients",
            Table.Unit.BYTES_PER_SECOND,
            true,
            (peer, round) -> blobs.run(peer, 4)));
  }

  /** Round 0 warms up; in each further one another server is first. */
  private void measure(Measurement measurement, Table table)
      throws IOException, InterruptedException {
    List<Peer> order =
        new ArrayList<>(
            running.stream()
                .filter(peer -> peer.isRegistry() || !measurement.registriesOnly())
                .toList());
    for (int round = 0; round <= options.rounds(); round++) {
      for (Peer peer : order) {
        Sample sample = measurement.load().run(peer, round);
        progress.printf(
            "%s, %s, %s: %.0f, %d errors%n",
            measurement.title(),
            round == 0 ? "warming up" : "round " + round,
            peer.name(),
            sample.value(),
            sample.errors());
        if (round > 0) {
          table.add(measurement.title(), measurement.unit(), peer.name(), sample);
        }
      }
      if (round > 0 && measurement.id().startsWith("blob-push")) {
        table.add(measurement.title(), measurement.unit(), "dd", dd());
      }
      Collections.rotate(order, 1);
    }
  }

  private Wrk.Result wrk(Peer peer, String target, int connections)
      throws IOException, InterruptedException {
    Optional<String> authorization =
        peer.isRegistry()
            ? AccessToken.authorization(peer, "repository:" + Content.REPOSITORY + ":pull")
            : Optional.empty();
    return Wrk.run(peer, target, connections, options.time(), authorization);
  }

  /** One file of the size of a pushed blob, written and synced. */
  private Sample dd() throws IOException, InterruptedException {
    Path target = options.work().resolve("dd");
    Process process =
        new ProcessBuilder(
                "dd",
                "if=/dev/zero",
                "of=" + target,
                "bs=1M",
                "count=" + options.pushMebibytes(),
                "conv=fsync")
            .redirectErrorStream(true)
            .start();
    long start = System.nanoTime();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException("dd failed: " + output);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    Files.delete(target);
    return new Sample(options.pushMebibytes() * 1024.0 * 1024.0 / seconds, 0, 0);
  }

  private static Sample resident(Peer peer) throws IOException {
    return new Sample(peer.residentMebibytes(), 0, 0);
  }
}
