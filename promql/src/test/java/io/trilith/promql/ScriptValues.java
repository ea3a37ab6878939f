package io.trilith.promql;

import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.promql.histogram.HistogramSum;
import io.trilith.promql.parser.Literals;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.StaleMarker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The series descriptions of scripts. */
final class ScriptValues {
  private final String text;
  private int at;

  private ScriptValues(String text) {
    this.text = text;
  }

  /** A float or a histogram. */
  record Point(double value, @Nullable FloatHistogram histogram) {}

  /** A series and its values; null where a value is left out. */
  record Row(Labels labels, List<@Nullable Point> points) {}

  static Row row(String text) {
    ScriptValues values = new ScriptValues(text);
    Labels labels = values.metric();
    return new Row(labels, values.points());
  }

  private char peek() {
    return at < text.length() ? text.charAt(at) : '\0';
  }

  private void space() {
    while (peek() == ' ' || peek() == '\t') {
      at++;
    }
  }

  private String word() {
    int from = at;
    while (Character.isLetterOrDigit(peek()) || peek() == '_' || peek() == ':') {
      at++;
    }
    return text.substring(from, at);
  }

  private String string() {
    char quote = peek();
    int from = at++;
    while (peek() != quote) {
      at += peek() == '\\' && quote != '`' ? 2 : 1;
    }
    at++;
    return Literals.unquote(text.substring(from, at));
  }

  private Labels metric() {
    Labels.Builder labels = Labels.EMPTY.toBuilder();
    if (peek() != '{') {
      labels.set(Labels.NAME, word());
    }
    if (peek() != '{' || text.startsWith("{{", at)) {
      return labels.build();
    }
    at++;
    while (true) {
      while (peek() == ' ' || peek() == ',' || peek() == '\t') {
        at++;
      }
      if (peek() == '}') {
        at++;
        return labels.build();
      }
      String name = peek() == '"' || peek() == '\'' || peek() == '`' ? string() : word();
      space();
      if (peek() == '=') {
        at++;
        space();
        labels.set(name, string());
      } else {
        labels.set(Labels.NAME, name);
      }
    }
  }

  private int times() {
    if (peek() != 'x') {
      return -1;
    }
    at++;
    return Integer.parseInt(word());
  }

  private List<@Nullable Point> points() {
    List<@Nullable Point> points = new ArrayList<>();
    while (true) {
      space();
      if (at >= text.length()) {
        return points;
      }
      if (peek() == '_') {
        at++;
        int times = times();
        for (int i = 0; i < (times < 0 ? 1 : times); i++) {
          points.add(null);
        }
      } else if (text.startsWith("{{", at)) {
        histograms(points);
      } else if (text.startsWith("stale", at)) {
        at += 5;
        int times = times();
        for (int i = 0; i < (times < 0 ? 1 : times + 1); i++) {
          points.add(new Point(StaleMarker.VALUE, null));
        }
      } else {
        floats(points);
      }
    }
  }

  private void floats(List<@Nullable Point> points) {
    double value = number();
    double step = 0;
    if (peek() == '+' || peek() == '-') {
      step = number();
    }
    int times = times();
    for (int i = 0; i <= Math.max(times, 0); i++) {
      points.add(new Point(value, null));
      value += step;
    }
  }

  private double number() {
    int from = at;
    if (peek() == '+' || peek() == '-') {
      at++;
    }
    boolean exponent = false;
    while (Character.isLetterOrDigit(peek())
        || peek() == '.'
        || (exponent && (peek() == '+' || peek() == '-'))) {
      if (peek() == 'x') {
        break;
      }
      exponent = peek() == 'e' || peek() == 'E';
      at++;
    }
    return Literals.number(text.substring(from, at));
  }

  private void histograms(List<@Nullable Point> points) {
    FloatHistogram histogram = FloatHistogram.of(histogram());
    boolean minus = peek() == '-';
    if ((peek() == '+' || minus) && text.startsWith("{{", at + 1)) {
      at++;
      FloatHistogram step = FloatHistogram.of(histogram());
      int times = times();
      points.add(new Point(0, histogram));
      for (int i = 0; i < times; i++) {
        histogram = HistogramSum.of(histogram, minus ? step.multiply(-1) : step);
        points.add(new Point(0, histogram));
      }
      return;
    }
    int times = times();
    for (int i = 0; i <= Math.max(times, 0); i++) {
      points.add(new Point(0, histogram));
    }
  }

  private NativeHistogram histogram() {
    int end = text.indexOf("}}", at);
    String body = text.substring(at + 2, end);
    at = end + 2;
    Map<String, String> fields = new HashMap<>();
    int from = 0;
    while (from < body.length()) {
      int colon = body.indexOf(':', from);
      if (colon < 0) {
        break;
      }
      String key = body.substring(from, colon).strip().toLowerCase(Locale.ROOT);
      int stop = body.charAt(colon + 1) == '[' ? body.indexOf(']', colon) + 1 : colon + 1;
      while (stop < body.length() && body.charAt(stop) != ' ' && body.charAt(stop - 1) != ']') {
        stop++;
      }
      fields.put(key, body.substring(colon + 1, stop));
      from = stop;
    }
    return histogram(fields);
  }

  private static NativeHistogram histogram(Map<String, String> fields) {
    double[] positive = numbers(fields.getOrDefault("buckets", "[]"));
    double[] negative = numbers(fields.getOrDefault("n_buckets", "[]"));
    NativeHistogram.ResetHint hint =
        switch (fields.getOrDefault("counter_reset_hint", "unknown")) {
          case "reset" -> NativeHistogram.ResetHint.YES;
          case "not_reset" -> NativeHistogram.ResetHint.NO;
          case "gauge" -> NativeHistogram.ResetHint.GAUGE;
          default -> NativeHistogram.ResetHint.UNKNOWN;
        };
    return new NativeHistogram(
        Integer.parseInt(fields.getOrDefault("schema", "0")),
        hint,
        false,
        Literals.number(fields.getOrDefault("z_bucket_w", "0")),
        Literals.number(fields.getOrDefault("z_bucket", "0")),
        Literals.number(fields.getOrDefault("count", "0")),
        Literals.number(fields.getOrDefault("sum", "0")),
        new int[] {Integer.parseInt(fields.getOrDefault("offset", "0"))},
        new int[] {positive.length},
        positive,
        new int[] {Integer.parseInt(fields.getOrDefault("n_offset", "0"))},
        new int[] {negative.length},
        negative,
        numbers(fields.getOrDefault("custom_values", "[]")));
  }

  private static double[] numbers(String bracketed) {
    String body = bracketed.substring(1, bracketed.length() - 1).strip();
    return body.isEmpty()
        ? new double[0]
        : Arrays.stream(body.split("\\s+")).mapToDouble(Literals::number).toArray();
  }

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
                          time, new Point(0, FloatHistogram.of(custom(classic))), 0)));
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
