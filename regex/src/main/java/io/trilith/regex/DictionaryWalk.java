package io.trilith.regex;

import java.util.Arrays;

/**
 * Matches all values of a sorted table. What a value shares with the one before is not read again:
 * the states along the last value are kept. Once the state says that nothing, or everything, with
 * the same beginning matches, the walk gallops to the first value with another beginning. Confined
 * to one thread.
 */
final class DictionaryWalk {
  private final Automaton automaton;
  private final SortedValues values;
  private final int end;
  private final ValueBytes probe = new ValueBytes();
  private ValueBytes last = new ValueBytes();
  private ValueBytes value = new ValueBytes();

  /** The state after each of the last value's first {@code known} bytes. */
  private int[] states = new int[64];

  private int known;
  private Dfa dfa;
  private int[] table;
  private int[] found = new int[16];
  private int size;

  private DictionaryWalk(Automaton automaton, SortedValues values, int end) {
    this.automaton = automaton;
    this.values = values;
    this.end = end;
    this.dfa = automaton.dfa();
    this.table = dfa.table();
    states[0] = dfa.start();
  }

  /** The numbers of the values that match, of those that begin with a text. */
  static int[] run(Automaton automaton, SortedValues values, byte[] prefix) {
    int from = 0;
    int to = values.size();
    if (prefix.length > 0) {
      int at = values.find(prefix);
      from = at < 0 ? -at - 1 : at;
      to = new DictionaryWalk(automaton, values, to).gallop(from - 1, prefix, 0, prefix.length);
    }
    DictionaryWalk walk = new DictionaryWalk(automaton, values, to);
    walk.walk(from);
    return Arrays.copyOf(walk.found, walk.size);
  }

  private void walk(int from) {
    int at = from;
    if (dfa.start() == dfa.all()) {
      add(from, end);
      at = end;
    } else if (dfa.start() == dfa.dead()) {
      at = end;
    }
    while (at < end) {
      values.read(at, value);
      int shared = shared();
      if (states[shared] <= dfa.all() && !isInside(last, shared)) {
        int next = gallop(at, value.array, value.from, shared);
        if (states[shared] == dfa.all()) {
          add(at, next);
        }
        at = next;
        continue;
      }
      if (isInside(last, shared) && !Utf8.isValid(value.array, value.from, value.to)) {
        // It leaves the last value inside a code point: the state there is not one of this value.
        if (automaton.matches(value.array, value.from, value.to)) {
          add(at, at + 1);
        }
        at++;
        continue;
      }
      if (read(shared)) {
        add(at, at + 1);
      }
      ValueBytes before = last;
      last = value;
      value = before;
      at++;
    }
  }

  private int shared() {
    int max = Math.min(known, value.length());
    int differs =
        Arrays.mismatch(
            last.array, last.from, last.from + max, value.array, value.from, value.from + max);
    return differs < 0 ? max : differs;
  }

  /** Reads the value from a byte on, up to its end or to where it is decided. */
  private boolean read(int start) {
    byte[] bytes = value.array;
    byte[] classes = dfa.classes();
    int length = value.length();
    if (length >= states.length) {
      states = Arrays.copyOf(states, Math.max(length + 1, states.length * 2));
    }
    int special = dfa.all();
    int code = states[start];
    if (code <= special) {
      return decided(code, start);
    }
    boolean ascii = true;
    for (int i = start; i < length; i++) {
      byte b = bytes[value.from + i];
      // Until here all was whole code points, so what was decided holds whatever follows.
      if (b < 0 && ascii) {
        ascii = false;
        if (!Utf8.isValid(bytes, value.from, value.to)) {
          known = i;
          return automaton.matches(bytes, value.from, value.to);
        }
      }
      int next = table[(code >>> 1) + (classes[b & 0xFF] & 0xFF)];
      if (next <= special) {
        if (next == Dfa.UNKNOWN) {
          next = dfa.advance(code, b);
          table = dfa.table();
        }
        if (next == Dfa.UNKNOWN) {
          known = i;
          return simulate(code, i);
        }
        if (next <= special) {
          return decided(next, i + 1);
        }
      }
      code = next;
      states[i + 1] = code;
    }
    known = length;
    return Dfa.mayEnd(code);
  }

  /** Keeps a decision up to the end of the code point, which is where a gallop may begin. */
  private boolean decided(int code, int depth) {
    int at = depth;
    while (isInside(value, at)) {
      at++;
    }
    Arrays.fill(states, depth, at + 1, code);
    known = at;
    return code == dfa.all();
  }

  private static boolean isInside(ValueBytes value, int depth) {
    return depth < value.length() && (value.array[value.from + depth] & 0xC0) == 0x80;
  }

  private boolean simulate(int code, int depth) {
    boolean matches = automaton.simulate(dfa, code, value.array, value.from + depth, value.to);
    Dfa current = automaton.dfa();
    if (current != dfa) {
      // The table was made anew: its states have other codes.
      dfa = current;
      table = current.table();
      states[0] = current.start();
      known = 0;
    }
    return matches;
  }

  /** The first value after a given one that does not begin as that one does. */
  private int gallop(int at, byte[] prefix, int start, int length) {
    int inside = at;
    int step = 1;
    while (inside + step < end && begins(inside + step, prefix, start, length)) {
      inside += step;
      step <<= 1;
    }
    int outside = Math.min(inside + step, end);
    while (outside - inside > 1) {
      int middle = (inside + outside) >>> 1;
      if (begins(middle, prefix, start, length)) {
        inside = middle;
      } else {
        outside = middle;
      }
    }
    return outside;
  }

  private boolean begins(int ordinal, byte[] prefix, int start, int length) {
    values.read(ordinal, probe);
    return probe.hasPrefix(prefix, start, length);
  }

  private void add(int first, int behind) {
    int more = behind - first;
    if (size + more > found.length) {
      found = Arrays.copyOf(found, Math.max(found.length * 2, size + more));
    }
    for (int ordinal = first; ordinal < behind; ordinal++) {
      found[size++] = ordinal;
    }
  }
}
