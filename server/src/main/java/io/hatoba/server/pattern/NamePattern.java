package io.hatoba.server.pattern;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Selects names. A pattern is for the whole name, and case counts.
 *
 * <pre>
 * *        any text without '/', also none
 * **       any text, also none
 * ?        one character other than '/'
 * {a,b}    one of the alternatives; they may be empty, and hold patterns and braces
 * \x       the character x, whatever it means otherwise
 * </pre>
 *
 * <p>Matching takes at most length of the pattern times length of the name steps, whatever the
 * pattern: it goes through the name once with the set of places in the pattern that fit so far, and
 * braces are never expanded.
 */
public final class NamePattern {
  /** The most characters of a pattern. */
  public static final int MAX_LENGTH = 256;

  /** How deep braces may lie in each other. */
  public static final int MAX_DEPTH = 8;

  /** Matches every name. */
  public static final NamePattern EVERYTHING = parse("**");

  private final String text;
  private final List<State> states;
  private final int start;
  private final String literalPrefix;

  private NamePattern(String text, List<Node> nodes) {
    this.text = text;
    List<State> built = new ArrayList<>();
    built.add(new State.End());
    this.start = build(built, nodes, 0);
    this.states = List.copyOf(built);
    this.literalPrefix = literalPrefix(nodes);
  }

  /**
   * Parses a pattern.
   *
   * @throws RefusedException with {@link ErrorCode#FIELD_INVALID}, pointing at the character that
   *     is wrong
   */
  @JsonCreator
  public static NamePattern parse(String text) {
    if (text.isEmpty()) {
      throw invalid("a pattern must not be empty; ** matches everything", text);
    }
    if (text.length() > MAX_LENGTH) {
      throw invalid(
          "a pattern has at most %d characters, this one has %d"
              .formatted(MAX_LENGTH, text.length()),
          text.substring(0, MAX_LENGTH));
    }
    return new NamePattern(text, new Parser(text).parse());
  }

  /** Whether the pattern matches the whole name. */
  public boolean matches(String name) {
    if (!name.startsWith(literalPrefix)) {
      return false;
    }
    Places now = new Places(states.size());
    Places next = new Places(states.size());
    add(start, now);
    for (int i = 0; i < name.length() && !now.isEmpty(); i++) {
      char c = name.charAt(i);
      for (int at = now.nextFrom(0); at >= 0; at = now.nextFrom(at + 1)) {
        int to = states.get(at).after(c, at);
        if (to >= 0) {
          add(to, next);
        }
      }
      Places spare = now;
      now = next;
      next = spare;
      next.clear();
    }
    return now.contains(0);
  }

  /** Adds a place, and those that are reached from it without a character. */
  private void add(int state, Places places) {
    if (!places.add(state)) {
      return;
    }
    switch (states.get(state)) {
      case State.Run run -> add(run.next(), places);
      case State.Fork(var branches) -> branches.forEach(branch -> add(branch, places));
      case State.End _, State.One _, State.Exactly _ -> {}
    }
  }

  /**
   * The text that every matching name begins with; may be empty. For a range condition in SQL, with
   * {@link #matches} on what it finds.
   */
  public String literalPrefix() {
    return literalPrefix;
  }

  /** Whether only one name matches: that of {@link #literalPrefix}. */
  public boolean isLiteral() {
    return states.size() == literalPrefix.length() + 1;
  }

  /** Whether it is written as {@code **}. */
  public boolean isEverything() {
    return text.equals("**");
  }

  /** By text. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof NamePattern pattern && text.equals(pattern.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** As it was written. */
  @Override
  @JsonValue
  public String toString() {
    return text;
  }

  /** Builds the states of nodes backwards, so that each knows the next one. */
  private static int build(List<State> states, List<Node> nodes, int next) {
    int following = next;
    for (Node node : nodes.reversed()) {
      int to = following;
      State state =
          switch (node) {
            case Node.Text(char c) -> new State.Exactly(c, to);
            case Node.AnyOne() -> new State.One(to);
            case Node.AnyRun(boolean slashes) -> new State.Run(slashes, to);
            case Node.Choice(var alternatives) ->
                new State.Fork(
                    alternatives.stream()
                        .map(alternative -> build(states, alternative, to))
                        .distinct()
                        .toList());
          };
      states.add(state);
      following = states.size() - 1;
    }
    return following;
  }

  private static String literalPrefix(List<Node> nodes) {
    StringBuilder prefix = new StringBuilder();
    for (Node node : nodes) {
      if (!(node instanceof Node.Text(char c))) {
        break;
      }
      prefix.append(c);
    }
    return prefix.toString();
  }

  private static RefusedException invalid(String message, String detail) {
    return new RefusedException(Refusal.invalid(ErrorCode.FIELD_INVALID, message, detail));
  }

  /** A part of a pattern. */
  private sealed interface Node {
    record Text(char character) implements Node {}

    record AnyOne() implements Node {}

    record AnyRun(boolean slashes) implements Node {}

    record Choice(List<List<Node>> alternatives) implements Node {
      public Choice {
        alternatives = List.copyOf(alternatives);
      }
    }
  }

  /** A place in a pattern: what may come there, and where it goes on. The first is the end. */
  private sealed interface State {
    /** The state after a character; -1 if it does not fit. */
    default int after(char c, int self) {
      return switch (this) {
        case End(), Fork(var _) -> -1;
        case Exactly(char wanted, int next) -> c == wanted ? next : -1;
        case One(int next) -> c == '/' ? -1 : next;
        case Run(boolean slashes, int _) -> slashes || c != '/' ? self : -1;
      };
    }

    record End() implements State {}

    record Exactly(char character, int next) implements State {}

    record One(int next) implements State {}

    record Run(boolean slashes, int next) implements State {}

    record Fork(List<Integer> branches) implements State {
      public Fork {
        branches = List.copyOf(branches);
      }
    }
  }

  /** A set of states. */
  private static final class Places {
    private final long[] bits;

    Places(int states) {
      this.bits = new long[(states + 63) >> 6];
    }

    /** False if it was there already. */
    boolean add(int state) {
      long bit = 1L << state;
      boolean fresh = (bits[state >> 6] & bit) == 0;
      bits[state >> 6] |= bit;
      return fresh;
    }

    boolean contains(int state) {
      return (bits[state >> 6] & (1L << state)) != 0;
    }

    boolean isEmpty() {
      return nextFrom(0) < 0;
    }

    /** The first state from here on; -1 if there is none. */
    int nextFrom(int from) {
      for (int word = from >> 6; word < bits.length; word++) {
        long rest = word == from >> 6 ? bits[word] & (-1L << from) : bits[word];
        if (rest != 0) {
          return (word << 6) + Long.numberOfTrailingZeros(rest);
        }
      }
      return -1;
    }

    void clear() {
      Arrays.fill(bits, 0);
    }
  }

  /** Reads a pattern from left to right; braces that are open lie on a stack. */
  private static final class Parser {
    private final String text;
    private final Deque<Braces> open = new ArrayDeque<>();
    private List<Node> nodes = new ArrayList<>();

    Parser(String text) {
      this.text = text;
    }

    List<Node> parse() {
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (Character.isWhitespace(c) || Character.isISOControl(c)) {
          throw at(i, "is a blank or a control character, and no name has one");
        }
        switch (c) {
          case '\\' -> {
            i++;
            if (i == text.length()) {
              throw at(i - 1, "is a backslash with nothing behind it; write \\\\ for a backslash");
            }
            nodes.add(new Node.Text(text.charAt(i)));
          }
          case '*' -> {
            boolean twice = i + 1 < text.length() && text.charAt(i + 1) == '*';
            i += twice ? 1 : 0;
            nodes.add(new Node.AnyRun(twice));
          }
          case '?' -> nodes.add(new Node.AnyOne());
          case '{' -> open(i);
          case ',' -> comma();
          case '}' -> close(i);
          case '[', ']' -> throw at(i, "is '" + c + "', which has no meaning here; use {a,b}");
          default -> nodes.add(new Node.Text(c));
        }
      }
      if (!open.isEmpty()) {
        throw at(open.getLast().position(), "is a '{' without its '}'");
      }
      return nodes;
    }

    private void open(int position) {
      if (open.size() == MAX_DEPTH) {
        throw at(position, "is a '{' inside %d others, the most there may be".formatted(MAX_DEPTH));
      }
      open.addLast(new Braces(position, nodes, new ArrayList<>()));
      nodes = new ArrayList<>();
    }

    private void comma() {
      if (open.isEmpty()) {
        nodes.add(new Node.Text(','));
        return;
      }
      open.getLast().alternatives().add(nodes);
      nodes = new ArrayList<>();
    }

    private void close(int position) {
      if (open.isEmpty()) {
        throw at(position, "is a '}' without its '{'; write \\} for the character itself");
      }
      Braces braces = open.removeLast();
      braces.alternatives().add(nodes);
      nodes = braces.before();
      nodes.add(new Node.Choice(braces.alternatives()));
    }

    private RefusedException at(int index, String problem) {
      return invalid("the character at position %d %s".formatted(index + 1, problem), text);
    }

    private record Braces(int position, List<Node> before, List<List<Node>> alternatives) {}
  }
}
