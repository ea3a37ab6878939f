package io.trilith.promql.histogram;

import io.trilith.storage.text.FloatText;

/** A histogram as {@code count_values} and messages show it. */
final class HistogramText {
  private HistogramText() {}

  /** {@code {count:4, sum:5, (0.5,1]:1, …}}. */
  static String of(FloatHistogram histogram) {
    StringBuilder text = new StringBuilder("{count:").append(FloatText.json(histogram.count()));
    text.append(", sum:").append(FloatText.json(histogram.sum()));
    BucketCursor cursor = new BucketCursor(histogram);
    while (cursor.next()) {
      if (cursor.count() == 0) {
        continue;
      }
      int rule = cursor.boundaryRule();
      text.append(", ").append(rule == 0 || rule == 2 ? '(' : '[');
      text.append(FloatText.json(cursor.lower()))
          .append(',')
          .append(FloatText.json(cursor.upper()));
      text.append(rule == 0 || rule == 3 ? ']' : ')').append(':');
      text.append(FloatText.json(cursor.count()));
    }
    return text.append('}').toString();
  }
}
