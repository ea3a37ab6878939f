package io.trilith.regex;

/**
 * A nondeterministic automaton over bytes. Nodes are numbers; what a node is stands in columns.
 * Immutable.
 *
 * <pre>
 * RANGES  a: first of its ranges, b: how many; sorted and disjoint
 * SPLIT   a, b: the nodes it is both of
 * PLACE   a: the node behind it, b: the assertion
 * END     matches when the input is at its end
 * ACCEPT  matches whatever follows
 * </pre>
 *
 * @param lo first byte of a range, 0 to 255
 * @param hi last byte of a range
 * @param to node behind a range
 * @param start node to begin with, {@link #FAIL} when nothing matches
 * @param pending whether there are assertions that look at the next byte
 * @param words whether there are word boundaries
 * @param lines whether there are beginnings of lines
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; read a million times
record Program(
    byte[] kind,
    int[] a,
    int[] b,
    short[] lo,
    short[] hi,
    int[] to,
    int start,
    boolean pending,
    boolean words,
    boolean lines) {
  static final byte RANGES = 0;
  static final byte SPLIT = 1;
  static final byte PLACE = 2;
  static final byte END = 3;
  static final byte ACCEPT = 4;

  /** The nodes every program has, and the one no program has. */
  static final int END_NODE = 0;

  static final int ACCEPT_NODE = 1;
  static final int FAIL = -1;

  int size() {
    return kind.length;
  }

  long bytes() {
    return 9L * kind.length + 8L * to.length;
  }

  /**
   * Numbers bytes that no range and no assertion tells apart alike. Returns 256 classes, the
   * greatest of them last.
   */
  byte[] byteClasses() {
    boolean[] begins = new boolean[257];
    for (int i = 0; i < to.length; i++) {
      begins[lo[i]] = true;
      begins[hi[i] + 1] = true;
    }
    if (pending || words || lines) {
      for (int edge : new int[] {'\n', '\n' + 1, '0', '9' + 1, 'A', 'Z' + 1, '_', '_' + 1}) {
        begins[edge] = true;
      }
      begins['a'] = true;
      begins['z' + 1] = true;
    }
    byte[] classes = new byte[256];
    int number = 0;
    for (int i = 0; i < 256; i++) {
      if (i > 0 && begins[i]) {
        number++;
      }
      classes[i] = (byte) number;
    }
    return classes;
  }
}
