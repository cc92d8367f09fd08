package io.hatoba.server.audit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.hatoba.server.audit.AuditRow.Result;
import io.hatoba.server.auth.SignInListener;
import io.hatoba.server.content.Actor;
import io.hatoba.server.database.Ids;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Sign-ins and failed ones.
 *
 * <p>A session that begins has a row of its own, written at once. An access key, which comes with
 * every request, has one for each address every ten minutes. Equal failures of one minute are one
 * row that counts them; who tries many names from one address is told of as a few names and the
 * rest as {@code *}. So whoever guesses cannot fill the log. Failures are written within ten
 * seconds; a crash loses those of the last seconds.
 */
@Singleton
class AuditedSignIns implements SignInListener {
  /** What is written of one address apart, in a minute. */
  static final int NAMES_OF_ADDRESS = 20;

  /** What is written apart in a minute, of all addresses. */
  static final int MOST_APART = 5_000;

  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration PAUSE_OF_KEY = Duration.ofMinutes(10);
  private static final int MOST_KEYS = 50_000;
  private static final String ACTION = "session:create";
  private static final String ANY = "*";

  private final AuditLog log;
  private final Ids ids;
  private final InstantSource clock;
  private final Cache<Used, Boolean> used;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Failure, Counted> failures = new HashMap<>();
  private final Map<String, Set<String>> names = new HashMap<>();

  AuditedSignIns(AuditLog log, Ids ids, InstantSource clock) {
    this.log = log;
    this.ids = ids;
    this.clock = clock;
    this.used =
        Caffeine.newBuilder()
            .maximumSize(MOST_KEYS)
            .expireAfterWrite(PAUSE_OF_KEY)
            .ticker(() -> TimeUnit.MILLISECONDS.toNanos(clock.millis()))
            .build();
  }

  @Override
  public void signedIn(Attempt attempt) {
    String principal = attempt.principal().orElse(attempt.name());
    String via = attempt.via() == Via.ACCESS_KEY ? attempt.name() : "";
    AuditRow row =
        row(
            clock.instant(),
            new Actor(principal, via, attempt.address()),
            Result.SUCCESS,
            Map.of("method", word(attempt.via())));
    if (attempt.via() != Via.ACCESS_KEY) {
      log.record(row);
      return;
    }
    if (used.asMap().putIfAbsent(new Used(attempt.name(), attempt.address()), true) == null) {
      log.keep(row);
    }
  }

  @Override
  public void refused(Attempt attempt, Reason reason) {
    lock.lock();
    try {
      Failure failure = failure(attempt, reason);
      failures.computeIfAbsent(failure, _ -> new Counted(clock.instant())).count++;
    } finally {
      lock.unlock();
    }
  }

  private Failure failure(Attempt attempt, Reason reason) {
    Failure failure = new Failure(attempt.via(), reason, named(attempt), attempt.address());
    if (failures.containsKey(failure)) {
      return failure;
    }
    if (failures.size() >= MOST_APART) {
      return new Failure(attempt.via(), reason, ANY, ANY);
    }
    Set<String> known = names.computeIfAbsent(attempt.address(), _ -> new HashSet<>());
    if (known.size() >= NAMES_OF_ADDRESS && !known.contains(failure.name())) {
      return new Failure(attempt.via(), reason, ANY, attempt.address());
    }
    known.add(failure.name());
    return failure;
  }

  /** A name that may be one; who types a password there does not find it in the log. */
  private static String named(Attempt attempt) {
    String name = attempt.name();
    boolean plain = name.chars().allMatch(c -> c > ' ' && c < 0x7f);
    return name.isEmpty() || !plain ? ANY : name;
  }

  /**
   * Hands on what has been counted: the first of equal failures soon, those that follow when their
   * minute is over.
   */
  void writeCounted() {
    lock.lock();
    try {
      Instant now = clock.instant();
      for (Iterator<Map.Entry<Failure, Counted>> all = failures.entrySet().iterator();
          all.hasNext(); ) {
        Map.Entry<Failure, Counted> entry = all.next();
        Counted counted = entry.getValue();
        boolean over = !now.isBefore(counted.since.plus(MINUTE));
        if (counted.count > 0 && (over || !counted.told)) {
          log.keep(row(entry.getKey(), counted));
          counted.count = 0;
          counted.told = true;
        }
        if (over) {
          all.remove();
        }
      }
      names.clear();
      failures
          .keySet()
          .forEach(
              failure ->
                  names
                      .computeIfAbsent(failure.address(), _ -> new HashSet<>())
                      .add(failure.name()));
    } finally {
      lock.unlock();
    }
  }

  private AuditRow row(Failure failure, Counted counted) {
    Map<String, String> detail = new TreeMap<>();
    detail.put("method", word(failure.via()));
    detail.put("reason", word(failure.reason()));
    detail.put("count", Integer.toString(counted.count));
    detail.put("name", failure.name());
    return row(
        counted.since,
        new Actor(
            "anonymous",
            failure.via() == Via.ACCESS_KEY && !failure.name().equals(ANY) ? failure.name() : "",
            failure.address()),
        Result.DENIED,
        detail);
  }

  private AuditRow row(Instant at, Actor actor, Result result, Map<String, String> detail) {
    return new AuditRow(ids.next(), at, actor, ACTION, "", "session", result, "", detail);
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private record Used(String key, String address) {}

  private record Failure(Via via, Reason reason, String name, String address) {}

  /** How often since when, and whether the first has its row. */
  private static final class Counted {
    final Instant since;
    int count;
    boolean told;

    Counted(Instant since) {
      this.since = since;
    }
  }
}
