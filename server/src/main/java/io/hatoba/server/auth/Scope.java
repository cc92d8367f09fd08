package io.hatoba.server.auth;

import io.hatoba.oci.RepositoryName;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One entry of what a token asks for or allows, as Docker's token specification writes it: {@code
 * type[(class)]:name:action,action}. The name may contain colons.
 *
 * @param type {@code repository} or {@code registry}; others allow nothing here
 * @param actions in the order they were written
 */
public record Scope(String type, String name, Set<String> actions) {
  static final String REPOSITORY = "repository";

  /** What the catalog needs. */
  public static final Scope CATALOG = new Scope("registry", "catalog", Set.of("*"));

  public Scope {
    actions = Collections.unmodifiableSet(new LinkedHashSet<>(actions));
  }

  /** Parses one scope; empty if it does not have the form. */
  static Optional<Scope> parse(String text) {
    int first = text.indexOf(':');
    int last = text.lastIndexOf(':');
    if (first <= 0 || last <= first + 1) {
      return Optional.empty();
    }
    String type = text.substring(0, first);
    int parenthesis = type.indexOf('(');
    Set<String> actions =
        Arrays.stream(text.substring(last + 1).split(",", -1))
            .filter(action -> !action.isEmpty())
            .collect(Collectors.toCollection(LinkedHashSet::new));
    return Optional.of(
        new Scope(
            parenthesis < 0 ? type : type.substring(0, parenthesis),
            text.substring(first + 1, last),
            actions));
  }

  /**
   * What a token should ask for so that a request can do {@code needed}. A push asks for pull as
   * well, since clients read what they have pushed.
   */
  public static Scope needing(RepositoryName repository, Set<Action> needed) {
    Set<String> actions = new LinkedHashSet<>();
    for (Action action : Action.values()) {
      if (needed.contains(action) || (action == Action.PULL && needed.contains(Action.PUSH))) {
        actions.add(action.identifier());
      }
    }
    return new Scope(REPOSITORY, repository.value(), actions);
  }

  @Override
  public String toString() {
    return type + ":" + name + ":" + String.join(",", actions);
  }
}
