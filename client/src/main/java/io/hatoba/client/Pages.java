package io.hatoba.client;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A list that the registry gives out page by page. Follows {@code Link} within the registry's own
 * origin only, and never to a page twice. One thread walks; a walk cannot be started again.
 */
public final class Pages<T> {
  /** A page of referrers is below 4 MiB by the specification; other lists are not limited there. */
  private static final int LONGEST_PAGE = 8 * 1024 * 1024;

  /** Reads a page. */
  @FunctionalInterface
  interface Reader<T> {
    List<T> read(byte[] body) throws IOException;
  }

  private final Transport transport;
  private final Scope scope;
  private final Reader<T> reader;
  private final Set<URI> seen = new HashSet<>();
  private @Nullable Request next;

  Pages(Transport transport, Request first, Scope scope, Reader<T> reader) {
    this.transport = transport;
    this.next = first;
    this.scope = scope;
    this.reader = reader;
  }

  /**
   * The next page, which may be empty without being the last; empty after the last. A failed call
   * may be made again.
   */
  public Optional<List<T>> next() throws IOException {
    Request request = next;
    if (request == null) {
      return Optional.empty();
    }
    try (Answer answer = transport.send(request, scope).expect(200)) {
      List<T> page = List.copyOf(reader.read(answer.bytes(LONGEST_PAGE)));
      seen.add(request.uri());
      next = following(request, answer);
      return Optional.of(page);
    }
  }

  /**
   * All that is left, up to a limit.
   *
   * @throws RegistryException with {@link RegistryException.Reason#TOO_LARGE} if there is more
   */
  public List<T> all(int limit) throws IOException {
    List<T> items = new ArrayList<>();
    Optional<List<T>> page = next();
    while (page.isPresent()) {
      items.addAll(page.get());
      if (items.size() > limit) {
        throw RegistryException.tooLarge("a list has more than %d entries".formatted(limit));
      }
      page = next();
    }
    return items;
  }

  private @Nullable Request following(Request request, Answer answer) throws RegistryException {
    Optional<String> link = LinkHeader.next(answer.headers("Link"));
    if (link.isEmpty()) {
      return null;
    }
    URI target;
    try {
      target = answer.uri().resolve(link.get());
    } catch (IllegalArgumentException e) {
      throw RegistryException.protocol("the next page of a list is at something that is no URL");
    }
    if (!Origins.isSpoken(target) || !Origins.same(transport.origin(), target)) {
      throw RegistryException.untrusted("the next page of a list is at another origin");
    }
    if (seen.contains(target)) {
      throw RegistryException.protocol("the next page of a list is one that was read already");
    }
    return request.to(target);
  }
}
