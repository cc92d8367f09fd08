package io.hatoba.benchmark;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * What a run measures and for how long.
 *
 * @param peers names of the servers, in the order of the table's columns
 * @param only the measurements to make, by id; empty for all
 * @param rounds measured rounds, after one that warms up and is not counted
 * @param time how long one load runs
 * @param blobMebibytes size of the blob that is pulled
 * @param pushMebibytes size of the blobs that are pushed
 * @param clients how many push small artifacts at once
 * @param checkout root of the checkout
 * @param work where the servers keep their data; removed at the end
 * @param distribution the program of distribution 3
 * @param zot the program of zot, if there is one
 */
record Options(
    List<String> peers,
    List<String> only,
    int rounds,
    Duration time,
    int blobMebibytes,
    int pushMebibytes,
    int clients,
    Path checkout,
    Path work,
    Path distribution,
    Optional<Path> zot) {
  Options {
    peers = List.copyOf(peers);
    only = List.copyOf(only);
  }

  /**
   * Reads the command line.
   *
   * @throws IllegalArgumentException saying what is wrong
   */
  static Options parse(String... arguments) {
    Deque<String> left = new ArrayDeque<>(List.of(arguments));
    List<String> peers = List.of();
    List<String> only = List.of();
    int rounds = 3;
    int seconds = 5;
    int blob = 50;
    int push = 100;
    int clients = 50;
    Path checkout = Path.of("");
    Path work = Path.of("benchmark/target/work");
    Path distribution = Path.of("registry");
    Optional<Path> zot = Optional.empty();
    while (!left.isEmpty()) {
      String name = left.remove();
      if (left.isEmpty()) {
        throw new IllegalArgumentException(name + " needs a value");
      }
      String value = left.remove();
      switch (name) {
        case "--peers" -> peers = List.of(value.split(",", -1));
        case "--only" -> only = List.of(value.split(",", -1));
        case "--rounds" -> rounds = number(name, value, 1, 50);
        case "--seconds" -> seconds = number(name, value, 1, 300);
        case "--blob-mib" -> blob = number(name, value, 1, 1024);
        case "--push-mib" -> push = number(name, value, 1, 512);
        case "--clients" -> clients = number(name, value, 1, 1000);
        case "--checkout" -> checkout = Path.of(value);
        case "--work" -> work = Path.of(value);
        case "--distribution" -> distribution = Path.of(value);
        case "--zot" -> zot = Optional.of(Path.of(value));
        default -> throw new IllegalArgumentException("there is no option " + name);
      }
    }
    if (peers.isEmpty()) {
      peers =
          zot.isPresent()
              ? List.of("hatoba", "nginx", "distribution", "zot")
              : List.of("hatoba", "nginx", "distribution");
    }
    return new Options(
        peers,
        only,
        rounds,
        Duration.ofSeconds(seconds),
        blob,
        push,
        clients,
        checkout,
        work,
        distribution,
        zot);
  }

  private static int number(String name, String value, int least, int most) {
    try {
      int number = Integer.parseInt(value);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + " needs a number, not " + value, e);
    }
    throw new IllegalArgumentException(
        "%s is from %d to %d, not %s".formatted(name, least, most, value));
  }
}
