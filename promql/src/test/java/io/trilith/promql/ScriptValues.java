package io.trilith.promql;

import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.promql.parser.Literals;
import io.trilith.promql.parser.SeriesNotation;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.NativeHistogram;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What scripts write beside series. */
final class ScriptValues {
  private ScriptValues() {}

  /** The offsets of an {@code @st} line, in milliseconds. */
  static List<@Nullable Long> starts(String line) {
    List<@Nullable Long> starts = new ArrayList<>();
    for (String item : line.strip().split("\\s+")) {
      int x = item.lastIndexOf('x');
      int times = x < 0 ? -1 : Integer.parseInt(item.substring(x + 1));
      String body = x < 0 ? item : item.substring(0, x);
      if (body.equals("_")) {
        for (int i = 0; i < Math.max(times, 1); i++) {
          starts.add(null);
        }
        continue;
      }
      int second = Math.max(body.indexOf('+', 1), body.indexOf('-', 1));
      long value = signed(second < 0 ? body : body.substring(0, second));
      long step = second < 0 ? 0 : signed(body.substring(second));
      for (int i = 0; i <= Math.max(times, 0); i++) {
        starts.add(value + i * step);
      }
    }
    return starts;
  }

  private static long signed(String text) {
    boolean minus = text.startsWith("-");
    String body = minus || text.startsWith("+") ? text.substring(1) : text;
    return (minus ? -1 : 1) * Literals.durationMillis(body);
  }

  /** What a classic histogram has at one time. */
  private static final class Classic {
    private final TreeMap<Double, Double> buckets = new TreeMap<>();
    private @Nullable Double count;
    private double sum;
  }

  /** Adds the classic histograms as ones with custom buckets. */
  static void addCustomHistograms(Map<Labels, List<Script.TimedValue>> series) {
    Map<Labels, Map<Long, Classic>> found = new HashMap<>();
    series.forEach((labels, values) -> collect(labels, values, found));
    found.forEach(
        (labels, byTime) -> {
          List<Script.TimedValue> values = new ArrayList<>();
          byTime.forEach(
              (time, classic) ->
                  values.add(
                      new Script.TimedValue(
                          time,
                          new SeriesNotation.Point(0, FloatHistogram.of(custom(classic))),
                          0)));
          series.put(labels, values);
        });
  }

  private static void collect(
      Labels labels, List<Script.TimedValue> values, Map<Labels, Map<Long, Classic>> found) {
    String name = labels.get(Labels.NAME);
    for (String suffix : List.of("_bucket", "_sum", "_count")) {
      boolean bucket = suffix.equals("_bucket");
      if (!name.endsWith(suffix) || (bucket && !labels.has("le"))) {
        continue;
      }
      Labels base =
          labels.toBuilder()
              .remove("le")
              .set(Labels.NAME, name.substring(0, name.length() - suffix.length()))
              .build();
      for (Script.TimedValue value : values) {
        Classic classic =
            found
                .computeIfAbsent(base, key -> new TreeMap<>())
                .computeIfAbsent(value.time(), key -> new Classic());
        switch (suffix) {
          case "_bucket" ->
              classic.buckets.putIfAbsent(Literals.number(labels.get("le")), value.point().value());
          case "_count" -> classic.count = value.point().value();
          default -> classic.sum = value.point().value();
        }
      }
    }
  }

  private static NativeHistogram custom(Classic classic) {
    double count =
        classic.count != null
            ? classic.count
            : classic.buckets.isEmpty() ? 0 : classic.buckets.lastEntry().getValue();
    classic.buckets.putIfAbsent(Double.POSITIVE_INFINITY, count);
    double[] counts = new double[classic.buckets.size()];
    double[] bounds = new double[counts.length - 1];
    double before = 0;
    int i = 0;
    for (Map.Entry<Double, Double> bucket : classic.buckets.entrySet()) {
      if (i < bounds.length) {
        bounds[i] = bucket.getKey();
      }
      counts[i++] = bucket.getValue() - before;
      before = bucket.getValue();
    }
    return new NativeHistogram(
        NativeHistogram.CUSTOM_BOUNDS_SCHEMA,
        NativeHistogram.ResetHint.UNKNOWN,
        false,
        0,
        0,
        count,
        classic.sum,
        new int[] {0},
        new int[] {counts.length},
        counts,
        new int[0],
        new int[0],
        new double[0],
        bounds);
  }
}
