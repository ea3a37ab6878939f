package io.trilith.regex;

import io.trilith.regex.Node.Assertion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes a program of an expression, from its end to its beginning: each node is built knowing the
 * node behind it. Alternatives that begin with the same letter share it; sets of code points become
 * tries of bytes that share their ends.
 */
final class ProgramBuilder {
  /** Nodes and ranges a program may have, repetitions multiplied out. */
  private static final int SIZE_MAX = 500_000;

  /** Steps of building it, of which some leave nothing behind. */
  private static final int STEPS_MAX = 4_000_000;

  private byte[] kind = new byte[32];
  private int[] a = new int[32];
  private int[] b = new int[32];
  private int nodes;
  private short[] lo = new short[64];
  private short[] hi = new short[64];
  private int[] to = new int[64];
  private int ranges;
  private int steps;
  private boolean pending;
  private boolean words;
  private boolean lines;

  private record SetKey(CharSet set, int next) {}

  private final Map<SetKey, Integer> sets = new HashMap<>();

  /** Nodes of one range: what is next, lo, hi. */
  private final Map<Long, Integer> single = new HashMap<>();

  /** Ranges of a node as a key: lo, hi, to, lo, hi, to, ... */
  private final Map<List<Integer>, Integer> tries = new HashMap<>();

  private ProgramBuilder() {
    node(Program.END, 0, 0);
    node(Program.ACCEPT, 0, 0);
  }

  /** A program that matches whole inputs. Throws RegexException when it is too large. */
  static Program whole(Node node) {
    ProgramBuilder builder = new ProgramBuilder();
    return builder.program(builder.build(node, Program.END_NODE));
  }

  /** A program that matches inputs in which the expression is found. */
  static Program search(Node node) {
    ProgramBuilder builder = new ProgramBuilder();
    int start = builder.build(node, Program.ACCEPT_NODE);
    if (start != Program.FAIL && !Anchors.beginsText(node)) {
      start = builder.star(new Node.Chars(CharSet.ANY), start);
    }
    return builder.program(start);
  }

  private Program program(int start) {
    return new Program(
        Arrays.copyOf(kind, nodes),
        Arrays.copyOf(a, nodes),
        Arrays.copyOf(b, nodes),
        Arrays.copyOf(lo, ranges),
        Arrays.copyOf(hi, ranges),
        Arrays.copyOf(to, ranges),
        start,
        pending,
        words,
        lines);
  }

  private void checkSize() {
    if (nodes + ranges > SIZE_MAX || steps > STEPS_MAX) {
      throw SyntaxError.tooLarge(SIZE_MAX, "instructions");
    }
  }

  private int node(byte nodeKind, int first, int second) {
    checkSize();
    if (nodes == kind.length) {
      kind = Arrays.copyOf(kind, nodes * 2);
      a = Arrays.copyOf(a, nodes * 2);
      b = Arrays.copyOf(b, nodes * 2);
    }
    kind[nodes] = nodeKind;
    a[nodes] = first;
    b[nodes] = second;
    return nodes++;
  }

  private int build(Node node, int next) {
    steps++;
    checkSize();
    if (next == Program.FAIL) {
      return Program.FAIL;
    }
    return switch (node) {
      case Node.Empty _ -> next;
      case Node.Literal literal -> literal(literal.codePoint(), next);
      case Node.Chars chars -> sets(chars.set(), next);
      case Node.Place place -> place(place.assertion(), next);
      case Node.Concat concat -> {
        int start = next;
        for (int i = concat.parts().size() - 1; i >= 0; i--) {
          start = build(concat.parts().get(i), start);
        }
        yield start;
      }
      case Node.Alternate alternate -> alternate(alternate.choices(), 0, next);
      case Node.Repeat repeat -> repeat(repeat, next);
      case Node.Group group -> build(group.body(), next);
    };
  }

  private int place(Assertion assertion, int next) {
    switch (assertion) {
      case END_TEXT -> {
        if (next == Program.END_NODE || next == Program.ACCEPT_NODE) {
          return Program.END_NODE;
        }
        pending = true;
      }
      case END_LINE -> pending = true;
      case WORD_BOUNDARY, NO_WORD_BOUNDARY -> {
        pending = true;
        words = true;
      }
      case BEGIN_LINE -> lines = true;
      case BEGIN_TEXT -> {}
    }
    return node(Program.PLACE, next, assertion.ordinal());
  }

  private int split(int first, int second) {
    if (first == Program.FAIL || first == second) {
      return second;
    }
    if (second == Program.FAIL) {
      return first;
    }
    if (first == Program.ACCEPT_NODE || second == Program.ACCEPT_NODE) {
      return Program.ACCEPT_NODE;
    }
    return node(Program.SPLIT, first, second);
  }

  private int star(Node body, int next) {
    if (next == Program.ACCEPT_NODE) {
      return next;
    }
    boolean any = body instanceof Node.Chars(CharSet set) && set.equals(CharSet.ANY);
    if (any && next == Program.END_NODE) {
      return Program.ACCEPT_NODE;
    }
    int loop = node(Program.SPLIT, next, next);
    int inner = build(body, loop);
    if (inner == Program.FAIL || inner == loop) {
      return next;
    }
    a[loop] = inner;
    return loop;
  }

  private int repeat(Node.Repeat repeat, int next) {
    int start = next;
    if (repeat.max() < 0) {
      start = star(repeat.body(), next);
    } else {
      for (int i = repeat.min(); i < repeat.max(); i++) {
        start = split(build(repeat.body(), start), next);
      }
    }
    for (int i = 0; i < repeat.min(); i++) {
      start = build(repeat.body(), start);
    }
    return start;
  }

  /** Choices from their given part on: those whose part there is the same letter share it. */
  private int alternate(List<Node> choices, int part, int next) {
    Map<Integer, List<Node>> byLetter = new LinkedHashMap<>();
    int start = Program.FAIL;
    for (Node choice : choices) {
      steps++;
      List<Node> parts = choice instanceof Node.Concat concat ? concat.parts() : List.of(choice);
      if (part < parts.size() && parts.get(part) instanceof Node.Literal(int codePoint)) {
        byLetter.computeIfAbsent(codePoint, c -> new ArrayList<>()).add(choice);
      } else {
        start = split(rest(parts, part, next), start);
      }
    }
    for (Map.Entry<Integer, List<Node>> group : byLetter.entrySet()) {
      List<Node> same = group.getValue();
      int shared = part + 1;
      // One choice alone is built from its end; many with a long common beginning share all of it.
      while (same.size() > 1 && sameLetter(same, shared)) {
        shared++;
      }
      int inner =
          same.size() > 1
              ? alternate(same, shared, next)
              : rest(parts(same.getFirst()), shared, next);
      List<Node> beginning = parts(same.getFirst()).subList(part, shared);
      for (int i = beginning.size() - 1; i >= 0; i--) {
        inner = build(beginning.get(i), inner);
      }
      start = split(inner, start);
    }
    return start;
  }

  private static List<Node> parts(Node choice) {
    return choice instanceof Node.Concat concat ? concat.parts() : List.of(choice);
  }

  private boolean sameLetter(List<Node> choices, int part) {
    int letter = -1;
    for (Node choice : choices) {
      steps++;
      List<Node> parts = parts(choice);
      if (part >= parts.size() || !(parts.get(part) instanceof Node.Literal(int codePoint))) {
        return false;
      }
      if (letter >= 0 && letter != codePoint) {
        return false;
      }
      letter = codePoint;
    }
    return true;
  }

  private int rest(List<Node> parts, int part, int next) {
    int start = next;
    for (int i = parts.size() - 1; i >= part; i--) {
      start = build(parts.get(i), start);
    }
    return start;
  }

  private int literal(int codePoint, int next) {
    if (Utf8.isSurrogate(codePoint)) {
      return Program.FAIL;
    }
    if (codePoint < 0x80) {
      return range(codePoint, codePoint, next);
    }
    byte[] bytes = Utf8.encode(Character.toString(codePoint));
    int start = next;
    for (int i = bytes.length - 1; i >= 0; i--) {
      start = range(bytes[i] & 0xFF, bytes[i] & 0xFF, start);
    }
    return start;
  }

  /** What follows is built first, so alternatives that end alike share their ends. */
  private int range(int first, int last, int next) {
    long key = (long) next << 16 | (long) first << 8 | last;
    Integer known = single.get(key);
    if (known == null) {
      int at = ranges;
      addRange(first, last, next);
      known = node(Program.RANGES, at, 1);
      single.put(key, known);
    }
    return known;
  }

  private void addRange(int first, int last, int next) {
    if (ranges == to.length) {
      lo = Arrays.copyOf(lo, ranges * 2);
      hi = Arrays.copyOf(hi, ranges * 2);
      to = Arrays.copyOf(to, ranges * 2);
    }
    lo[ranges] = (short) first;
    hi[ranges] = (short) last;
    to[ranges++] = next;
  }

  private int sets(CharSet set, int next) {
    SetKey key = new SetKey(set, next);
    Integer known = sets.get(key);
    if (known == null) {
      Utf8Ranges sequences = new Utf8Ranges(set);
      known = sequences.size() == 0 ? Program.FAIL : trie(sequences, 0, sequences.size(), 0, next);
      sets.put(key, known);
    }
    return known;
  }

  /**
   * The node that reads byte {@code depth} of the sequences of a stretch, which agree before it.
   */
  private int trie(Utf8Ranges sequences, int from, int end, int depth, int next) {
    List<Integer> key = new ArrayList<>();
    for (int i = from; i < end; ) {
      int first = sequences.lo(i, depth);
      int last = sequences.hi(i, depth);
      int stop = i + 1;
      while (stop < end
          && sequences.lo(stop, depth) == first
          && sequences.hi(stop, depth) == last) {
        stop++;
      }
      boolean leaf = sequences.length(i) == depth + 1;
      int target = leaf ? next : trie(sequences, i, stop, depth + 1, next);
      int size = key.size();
      if (size > 0 && key.get(size - 1) == target && key.get(size - 2) == first - 1) {
        key.set(size - 2, last);
      } else {
        key.addAll(List.of(first, last, target));
      }
      i = stop;
    }
    Integer known = tries.get(key);
    if (known == null) {
      int at = ranges;
      for (int i = 0; i < key.size(); i += 3) {
        addRange(key.get(i), key.get(i + 1), key.get(i + 2));
      }
      known = node(Program.RANGES, at, key.size() / 3);
      tries.put(key, known);
    }
    return known;
  }
}
