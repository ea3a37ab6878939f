package io.trilith.logql.pipeline;

import io.trilith.logstore.LineShape;
import org.jspecify.annotations.Nullable;

/** Plans how the logfmt parser reads the lines of a shape, as {@link JsonShape} does for json. */
final class LogfmtShape {
  private LogfmtShape() {}

  /** Which keys a parser takes, and whether it takes empty values. */
  interface Wish {
    boolean takes(String key);

    boolean keepsEmpty();
  }

  /** Null when the lines must be parsed one by one. */
  static @Nullable ShapePlan plan(LineShape shape, Wish wish) {
    ShapePlan.Builder plan = new ShapePlan.Builder(shape);
    byte[] sample = plan.sample();
    LogfmtText pairs = new LogfmtText();
    pairs.reset(sample, 0, sample.length);
    while (pairs.next()) {
      if (pairs.problem() != null) {
        return null;
      }
      add(pairs, wish, plan);
    }
    return plan.build();
  }

  private static void add(LogfmtText pairs, Wish wish, ShapePlan.Builder plan) {
    int from = pairs.valueStart();
    int to = pairs.valueEnd();
    // A word that varies and has no value is nothing, unless empty values count.
    if (pairs.valueIsEmpty() && !wish.keepsEmpty()) {
      plan.covers(
          pairs.keyStart(),
          pairs.keyEnd(),
          LineShape.SPACE | LineShape.OTHER,
          LogfmtShape::isOneWord);
      return;
    }
    if (pairs.isQuoted()) {
      plan.covers(from, to, LineShape.OTHER, ShapePlan::isWithinQuotes);
    } else {
      plan.covers(from, to, LineShape.SPACE | LineShape.OTHER, LogfmtShape::isOneWord);
    }
    String key = pairs.name();
    if (wish.takes(key)) {
      boolean quoted = pairs.isQuoted();
      boolean keepsEmpty = wish.keepsEmpty();
      plan.add(key, from, to, raw -> value(raw, quoted, keepsEmpty));
    }
  }

  private static @Nullable String value(String raw, boolean quoted, boolean keepsEmpty) {
    if (raw.isEmpty() && !keepsEmpty) {
      return null;
    }
    return quoted ? LogfmtText.unescaped(raw) : raw;
  }

  private static boolean isOneWord(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] == '"' || bytes[i] == '=' || LogfmtText.space(bytes[i])) {
        return false;
      }
    }
    return true;
  }
}
