package io.trilith.regex;

import io.trilith.regex.Node.Assertion;
import java.util.Arrays;

/**
 * Steps a set of nodes of a program over bytes, all of them at once, so a byte costs at most one
 * look at each node. Makes the states of the {@link Dfa}, and stands in for it when it is full.
 * Confined to one thread at a time.
 *
 * <p>A set holds nodes that read a byte, END, and assertions that wait for the next byte; what the
 * byte before was is kept beside it as a context.
 */
final class Simulation {
  /** What was before: nothing that matters, the text's beginning, a newline, a word character. */
  static final int PLAIN = 0;

  static final int BEGIN = 1;
  static final int NEWLINE = 2;
  static final int WORD = 3;

  /** The end of the text in place of a byte. */
  static final int END_OF_TEXT = 256;

  private static final Assertion[] ASSERTIONS = Assertion.values();

  private final Program program;
  private final int[] stack;
  private final int[] seen;
  private int epoch;
  private int[] set;
  private int[] other;
  private int size;
  private int context;
  private boolean accepted;

  Simulation(Program program) {
    this.program = program;
    int nodes = program.size();
    this.stack = new int[nodes + 1];
    this.seen = new int[nodes];
    this.set = new int[nodes];
    this.other = new int[nodes];
  }

  /** Stands before the first byte. */
  void begin() {
    clear();
    context = BEGIN;
    if (program.start() != Program.FAIL) {
      close(program.start(), context);
    }
    forget();
  }

  /** Stands where a set was taken. */
  void resume(int[] nodes, int before) {
    clear();
    System.arraycopy(nodes, 0, set, 0, nodes.length);
    size = nodes.length;
    context = before;
  }

  private void clear() {
    size = 0;
    accepted = false;
    nextEpoch();
  }

  private void nextEpoch() {
    if (++epoch == Integer.MAX_VALUE) {
      Arrays.fill(seen, 0);
      epoch = 1;
    }
  }

  /** Whether every continuation matches. */
  boolean accepted() {
    return accepted;
  }

  boolean isDead() {
    return size == 0 && !accepted;
  }

  int context() {
    return context;
  }

  /** The nodes, sorted. */
  int[] nodes() {
    int[] nodes = Arrays.copyOf(set, size);
    Arrays.sort(nodes);
    return nodes;
  }

  /**
   * Whether the text may end here. The set may have grown afterwards by nodes that do not match.
   */
  boolean endsHere() {
    resolve(END_OF_TEXT);
    boolean ends = accepted;
    for (int i = 0; i < size && !ends; i++) {
      ends = program.kind()[set[i]] == Program.END;
    }
    return ends;
  }

  /** Takes one byte, 0 to 255. */
  void step(int next) {
    resolve(next);
    if (accepted) {
      return;
    }
    int[] from = set;
    int count = size;
    set = other;
    other = from;
    size = 0;
    nextEpoch();
    context = contextAfter(next);
    for (int i = 0; i < count && !accepted; i++) {
      int node = from[i];
      if (program.kind()[node] == Program.RANGES) {
        int target = target(node, next);
        if (target != Program.FAIL) {
          close(target, context);
        }
      }
    }
    forget();
  }

  private int contextAfter(int next) {
    if (next == '\n') {
      return program.lines() ? NEWLINE : PLAIN;
    }
    return program.words() && isWord(next) ? WORD : PLAIN;
  }

  /** A context matters only to assertions that still wait; without, states are fewer. */
  private void forget() {
    if (accepted) {
      size = 0;
    }
    if (context == PLAIN) {
      return;
    }
    for (int i = 0; i < size; i++) {
      if (program.kind()[set[i]] == Program.PLACE) {
        return;
      }
    }
    context = PLAIN;
  }

  private int target(int node, int next) {
    int at = program.a()[node];
    int end = at + program.b()[node];
    while (at < end && program.hi()[at] < next) {
      at++;
    }
    return at < end && program.lo()[at] <= next ? program.to()[at] : Program.FAIL;
  }

  /** Goes past the assertions that the next byte makes true. */
  private void resolve(int next) {
    if (!program.pending() || accepted) {
      return;
    }
    nextEpoch();
    for (int i = 0; i < size; i++) {
      seen[set[i]] = epoch;
    }
    for (int i = 0; i < size && !accepted; i++) {
      int node = set[i];
      if (program.kind()[node] == Program.PLACE && holds(ASSERTIONS[program.b()[node]], next)) {
        close(program.a()[node], context);
      }
    }
  }

  private boolean holds(Assertion assertion, int next) {
    boolean boundary = (context == WORD) != isWord(next);
    return switch (assertion) {
      case END_TEXT -> next == END_OF_TEXT;
      case END_LINE -> next == END_OF_TEXT || next == '\n';
      case WORD_BOUNDARY -> boundary;
      case NO_WORD_BOUNDARY -> !boundary;
      case BEGIN_TEXT, BEGIN_LINE -> throw new IllegalStateException("resolved before");
    };
  }

  private static boolean isWord(int next) {
    return (next >= 'a' && next <= 'z')
        || (next >= 'A' && next <= 'Z')
        || (next >= '0' && next <= '9')
        || next == '_';
  }

  /** Adds a node and what it reaches without a byte. */
  private void close(int first, int before) {
    int depth = 0;
    stack[depth++] = first;
    while (depth > 0) {
      int node = stack[--depth];
      // Each split puts one node on the stack, once: it never holds more than there are nodes.
      while (node != Program.FAIL && seen[node] != epoch) {
        seen[node] = epoch;
        int next = Program.FAIL;
        switch (program.kind()[node]) {
          case Program.SPLIT -> {
            next = program.a()[node];
            int second = program.b()[node];
            if (seen[second] != epoch) {
              stack[depth++] = second;
            }
          }
          case Program.PLACE -> {
            int assertion = program.b()[node];
            if (assertion == Assertion.BEGIN_TEXT.ordinal()) {
              next = before == BEGIN ? program.a()[node] : Program.FAIL;
            } else if (assertion == Assertion.BEGIN_LINE.ordinal()) {
              boolean begins = before == BEGIN || before == NEWLINE;
              next = begins ? program.a()[node] : Program.FAIL;
            } else {
              set[size++] = node;
            }
          }
          case Program.ACCEPT -> {
            accepted = true;
            return;
          }
          default -> set[size++] = node;
        }
        node = next;
      }
    }
  }
}
