package io.trilith.logstore;

import io.trilith.logstore.chunk.PageRef;
import io.trilith.logstore.page.LinePatterns;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Counts lines by pattern, level and step. Confined to one thread. */
final class PatternCounts {
  /** Patterns that are told apart at most; lines of others are left out. */
  private static final int PATTERNS_MAX = 10_000;

  private static final int STEPS_MAX = 11_000;

  private record Key(String pattern, String level) {}

  private final Map<Key, long[]> counts = new HashMap<>();
  private final long min;
  private final long max;
  private final long step;
  private final int steps;

  PatternCounts(long min, long max, long step) {
    if (step < 1 || min > max || (max - min) < 0 || (max - min) / step >= STEPS_MAX) {
      throw new IllegalArgumentException(
          "patterns of " + min + " to " + max + " in steps of " + step + " ns");
    }
    this.min = min;
    this.max = max;
    this.step = step;
    this.steps = (int) ((max - min) / step) + 1;
  }

  void add(Labels stream, List<? extends PageRef> pages, ScanCounts scanned) {
    String level = stream.get("detected_level");
    String shown = level.isEmpty() ? stream.get("level") : level;
    Map<String, long[]> own = new HashMap<>();
    LinePatterns patterns =
        new LinePatterns(
            min,
            max,
            (pattern, time) -> {
              long[] found = own.computeIfAbsent(pattern, p -> counts(p, shown));
              if (found.length > 0) {
                found[(int) ((time - min) / step)]++;
              }
            });
    for (PageRef page : pages) {
      scanned.check();
      if (page.minTime() <= max && page.maxTime() >= min) {
        patterns.add(page.load(scanned));
      }
    }
  }

  private long[] counts(String pattern, String level) {
    Key key = new Key(pattern, level);
    long[] known = counts.get(key);
    if (known == null) {
      if (counts.size() >= PATTERNS_MAX) {
        return new long[0];
      }
      known = new long[steps];
      counts.put(key, known);
    }
    return known;
  }

  List<StreamReader.Pattern> result() {
    List<StreamReader.Pattern> result = new ArrayList<>(counts.size());
    counts.forEach(
        (key, steps) -> result.add(new StreamReader.Pattern(key.pattern, key.level, steps)));
    result.sort(
        (a, b) -> {
          int byTotal = Long.compare(b.total(), a.total());
          return byTotal != 0 ? byTotal : a.text().compareTo(b.text());
        });
    return result;
  }
}
