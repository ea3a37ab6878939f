package io.trilith.regex;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which code points differ only in case: Unicode's simple folding, as RE2 has it. */
final class CaseFolds {
  /** Beyond it nothing folds. */
  private static final int LIMIT = 0x20000;

  /** Every code point that folds, in order, with all of its orbit. */
  private static final TreeMap<Integer, int[]> ORBITS = orbits();

  private CaseFolds() {}

  /** Code points that fold to a given one and back, itself included; null when it has no case. */
  static int @org.jspecify.annotations.Nullable [] orbit(int codePoint) {
    return ORBITS.get(codePoint);
  }

  static void addFolds(CharSet set, CharSet.Builder into) {
    for (int i = 0; i < set.size(); i++) {
      for (int[] orbit : ORBITS.subMap(set.lo(i), true, set.hi(i), true).values()) {
        for (int codePoint : orbit) {
          into.add(codePoint, codePoint);
        }
      }
    }
  }

  private static TreeMap<Integer, int[]> orbits() {
    Map<Integer, List<Integer>> groups = new HashMap<>();
    for (int c = 0; c < LIMIT; c++) {
      // The dotted and the dotless i fold only by the rules of Turkish.
      if (c == 0x130 || c == 0x131) {
        continue;
      }
      int key = Character.toLowerCase(Character.toUpperCase(c));
      if (key != c || Character.toUpperCase(c) != c || Character.toLowerCase(c) != c) {
        groups.computeIfAbsent(key, k -> new ArrayList<>()).add(c);
      }
    }
    TreeMap<Integer, int[]> orbits = new TreeMap<>();
    for (Map.Entry<Integer, List<Integer>> entry : groups.entrySet()) {
      List<Integer> group = entry.getValue();
      if (!group.contains(entry.getKey())) {
        group.add(entry.getKey());
      }
      if (group.size() > 1) {
        int[] orbit = group.stream().mapToInt(Integer::intValue).toArray();
        for (int c : orbit) {
          orbits.put(c, orbit);
        }
      }
    }
    return orbits;
  }
}
