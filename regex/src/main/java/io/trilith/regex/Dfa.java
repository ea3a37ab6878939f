package io.trilith.regex;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A deterministic automaton that is made while it runs, up to a size; then it stays as it is.
 *
 * <p>A state is a row of the table, a column is a class of bytes, and an entry is the code of the
 * next state: {@code row offset * 2 + (the text may end here)}, 0 when not known yet. All that is
 * needed to run is in the codes, so threads read the table without any ordering: an entry is either
 * right or 0, and 0 leads to {@link #advance}, which is locked. The array grows by being replaced;
 * entries are only ever written to the newest one. Thread-safe.
 */
final class Dfa {
  /** Rows and bytes of one automaton. */
  static final int STATES_MAX = 8192;

  static final int BYTES_MAX = 2 << 20;

  /** Code of what is not known. */
  static final int UNKNOWN = 0;

  @SuppressWarnings("ArrayRecordComponent") // compared by their elements
  private record Key(int[] nodes, int context) {
    @Override
    public boolean equals(@org.jspecify.annotations.Nullable Object other) {
      return other instanceof Key key && key.context == context && Arrays.equals(nodes, key.nodes);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(nodes) * 31 + context;
    }
  }

  private final byte[] classes;
  private final int stride;
  private final int nodes;
  private final Simulation simulation;
  private final Map<Key, Integer> codes = new HashMap<>();
  private final List<Key> rows = new ArrayList<>();
  private final int start;
  private volatile int[] table;
  private volatile long bytes;
  private long spent;

  Dfa(Program program) {
    classes = program.byteClasses();
    stride = (classes[255] & 0xFF) + 1;
    nodes = program.size();
    simulation = new Simulation(program);
    table = new int[16 * stride];
    bytes = 64L * stride + 20L * program.size() + 1024;
    // Row 0 is never used, so that no state has the code 0.
    Key none = new Key(new int[0], Simulation.PLAIN);
    rows.addAll(List.of(none, none, none));
    Arrays.fill(table, stride, 2 * stride, dead());
    Arrays.fill(table, 2 * stride, 3 * stride, all());
    simulation.begin();
    start = intern();
  }

  /** The state from which nothing matches. */
  int dead() {
    return stride << 1;
  }

  /** The state from which everything matches; the greatest code that is special. */
  int all() {
    return stride << 2 | 1;
  }

  int start() {
    return start;
  }

  /** Class of each byte, unsigned. */
  byte[] classes() {
    return classes;
  }

  /** The table as it is now; rows made later may not be in it. */
  int[] table() {
    return table;
  }

  static boolean mayEnd(int code) {
    return (code & 1) != 0;
  }

  long bytes() {
    return bytes;
  }

  /** The state after a byte; {@link #UNKNOWN} when it is new and there is no more room. */
  synchronized int advance(int code, byte next) {
    int entry = (code >>> 1) + (classes[next & 0xFF] & 0xFF);
    int known = table[entry];
    if (known != UNKNOWN) {
      return known;
    }
    Key from = rows.get((code >>> 1) / stride);
    simulation.resume(from.nodes, from.context);
    simulation.step(next & 0xFF);
    int target = intern();
    if (target != UNKNOWN) {
      table[entry] = target;
    }
    return target;
  }

  /** Puts a simulation where a state is. */
  synchronized void resume(int code, Simulation other) {
    Key from = rows.get((code >>> 1) / stride);
    other.resume(from.nodes, from.context);
  }

  /** Counts bytes that were simulated for want of room, and returns how many there were. */
  synchronized long spend(long more) {
    spent += more;
    return spent;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // written under the lock only
  private int intern() {
    if (simulation.accepted()) {
      return all();
    }
    if (simulation.isDead()) {
      return dead();
    }
    Key key = new Key(simulation.nodes(), simulation.context());
    Integer known = codes.get(key);
    if (known != null) {
      return known;
    }
    long more = 4L * (stride + key.nodes.length) + 100;
    boolean full = bytes + more > BYTES_MAX + 20L * nodes || rows.size() >= STATES_MAX;
    // The first states are always made: there has to be one to begin with.
    if (full && rows.size() > 3) {
      return UNKNOWN;
    }
    int offset = rows.size() * stride;
    if (offset + stride > table.length) {
      table = Arrays.copyOf(table, Math.max(table.length * 2, offset + stride));
    }
    rows.add(key);
    bytes += more;
    boolean ends = simulation.endsHere();
    int code = offset << 1 | (ends ? 1 : 0);
    codes.put(key, code);
    return code;
  }
}
