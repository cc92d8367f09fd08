package io.hatoba.client;

import java.io.IOException;
import java.net.URI;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

/** Requests to one registry: authorised, redirected and repeated by the rules of this package. */
final class Transport implements AutoCloseable {
  private static final int MOST_REDIRECTS = 5;

  private final URI origin;
  private final Wire wire;
  private final Tokens tokens;
  private final ClientSettings settings;
  private final Resender resender;

  Transport(URI origin, Credentials credentials, ClientSettings settings) {
    this.origin = origin;
    this.settings = settings;
    this.wire = new Wire(settings);
    this.tokens = new Tokens(wire, origin, credentials, settings);
    this.resender = new Resender(settings.retries());
  }

  URI origin() {
    return origin;
  }

  Retries retries() {
    return settings.retries();
  }

  Resender resender() {
    return resender;
  }

  /** Sends a request that may be repeated; the answer may have any status. */
  Answer send(Request request, Scope... scopes) throws IOException {
    NavigableSet<Scope> needed = sorted(scopes);
    return resender.send(() -> authorised(request, needed));
  }

  /** Sends a request that must not be repeated unless it was refused for want of a token. */
  Answer sendOnce(Request request, Scope... scopes) throws IOException {
    return authorised(request, sorted(scopes));
  }

  @Override
  public void close() {
    wire.close();
  }

  private static NavigableSet<Scope> sorted(Scope... scopes) {
    NavigableSet<Scope> sorted = new TreeSet<>();
    for (Scope scope : scopes) {
      sorted.add(scope);
    }
    return sorted;
  }

  private Answer authorised(Request request, NavigableSet<Scope> scopes) throws IOException {
    Optional<String> authorization = tokens.authorization(scopes);
    Answer answer = following(request, authorization);
    // Without a token the first refusal is the registry's way to say where to get one; a token that
    // was refused is renewed once.
    int renewals = authorization.isPresent() ? 1 : 2;
    while (answer.status() == 401 && renewals > 0 && Origins.same(origin, answer.uri())) {
      Optional<String> next =
          tokens.answer(answer.headers("WWW-Authenticate"), scopes, authorization);
      if (next.isEmpty()) {
        return answer;
      }
      answer.close();
      authorization = next;
      renewals--;
      answer = following(request, authorization);
    }
    return answer;
  }

  private Answer following(Request request, Optional<String> authorization) throws IOException {
    Request current = request;
    for (int hops = 0; ; hops++) {
      boolean own = Origins.same(origin, current.uri());
      Answer answer = wire.exchange(current, own ? authorization : Optional.empty());
      if (!isRedirect(answer.status(), request.method())) {
        return answer;
      }
      try (answer) {
        if (hops == MOST_REDIRECTS) {
          throw RegistryException.protocol(request.describe() + " is redirected without end");
        }
        URI target =
            answer
                .location()
                .orElseThrow(
                    () ->
                        RegistryException.protocol(request.describe() + " is redirected nowhere"));
        current = current.to(target);
      }
    }
  }

  /** 301, 302 and 303 turn other methods into a GET, which is not what was asked for. */
  private static boolean isRedirect(int status, String method) {
    return switch (status) {
      case 307, 308 -> true;
      case 301, 302, 303 -> method.equals("GET") || method.equals("HEAD");
      default -> false;
    };
  }
}
