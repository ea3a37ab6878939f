package io.trilith.promql.parser;

import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.promql.histogram.HistogramSum;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.text.GoNumber;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.StaleMarker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads series as Prometheus' tests write them: {@code up{job="a"} 0 1+2x3 _x2 stale}. What is no
 * such text is an InvalidRequestException.
 */
public final class SeriesNotation {
  /** Values one series may have. */
  private static final int POINTS_MAX = 10_000_000;

  private static final Set<String> HISTOGRAM_KEYS =
      Set.of(
          "schema",
          "sum",
          "count",
          "z_bucket",
          "z_bucket_w",
          "buckets",
          "offset",
          "n_buckets",
          "n_offset",
          "custom_values",
          "counter_reset_hint");

  private final String text;
  private int at;

  private SeriesNotation(String text) {
    this.text = text;
  }

  /** A float or a histogram. */
  public record Point(double value, @Nullable FloatHistogram histogram) {}

  /** A series and its values; null where a value is left out. */
  public record Row(Labels labels, List<@Nullable Point> points) {}

  /** A series and its values. */
  public static Row row(String text) {
    SeriesNotation row = new SeriesNotation(text);
    row.space();
    Labels labels = row.metric();
    return new Row(labels, row.points());
  }

  /** The labels of a series alone: {@code up{job="a"}}; none of an empty text. */
  public static Labels metric(String text) {
    SeriesNotation row = new SeriesNotation(text);
    row.space();
    Labels labels = row.metric();
    row.space();
    if (row.at < text.length()) {
      throw row.unexpected("after the labels of a series");
    }
    return labels;
  }

  private InvalidRequestException unexpected(String where) {
    String what = at < text.length() ? "'" + text.charAt(at) + "'" : "end of input";
    return new InvalidRequestException(
        "parse error: unexpected " + what + " " + where + " at character " + (at + 1));
  }

  private char peek() {
    return at < text.length() ? text.charAt(at) : '\0';
  }

  private void space() {
    while (Character.isWhitespace(peek())) {
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
    while (at < text.length() && peek() != quote) {
      at += peek() == '\\' && quote != '`' ? 2 : 1;
    }
    if (at >= text.length()) {
      throw unexpected("in a quoted text");
    }
    at++;
    return Literals.unquote(text.substring(from, at));
  }

  private Labels metric() {
    Labels.Builder labels = new Labels.Builder();
    if (peek() != '{') {
      labels.set(Labels.NAME, word());
      space();
    }
    if (peek() != '{' || text.startsWith("{{", at)) {
      return labels.build();
    }
    at++;
    while (true) {
      space();
      while (peek() == ',') {
        at++;
        space();
      }
      if (peek() == '}') {
        at++;
        return labels.build();
      }
      label(labels);
      space();
      if (peek() != ',' && peek() != '}') {
        throw unexpected("in label set, expected \",\" or \"}\"");
      }
    }
  }

  private void label(Labels.Builder labels) {
    boolean quoted = peek() == '"' || peek() == '\'' || peek() == '`';
    String name = quoted ? string() : word();
    if (name.isEmpty()) {
      throw unexpected("in label set, expected a name");
    }
    space();
    if (peek() != '=') {
      if (!quoted) {
        throw unexpected("in label set, expected \"=\"");
      }
      labels.set(Labels.NAME, name);
      return;
    }
    at++;
    space();
    if (peek() != '"' && peek() != '\'' && peek() != '`') {
      throw unexpected("in label set, expected a quoted value");
    }
    labels.set(name, string());
  }

  private int times() {
    if (peek() != 'x') {
      return -1;
    }
    at++;
    int from = at;
    OptionalLong count = GoNumber.whole(word());
    if (count.isEmpty() || count.getAsLong() < 0 || count.getAsLong() > POINTS_MAX) {
      at = from;
      throw unexpected("where a number of repetitions is wanted");
    }
    return (int) count.getAsLong();
  }

  private List<@Nullable Point> points() {
    List<@Nullable Point> points = new ArrayList<>();
    while (true) {
      space();
      if (at >= text.length()) {
        return points;
      }
      if (points.size() > POINTS_MAX) {
        throw new InvalidRequestException("a series has more than " + POINTS_MAX + " values");
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
      if (at < text.length() && !Character.isWhitespace(peek())) {
        throw unexpected("after a value");
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
    String number = text.substring(from, at);
    try {
      return Literals.number(number);
    } catch (NumberFormatException e) {
      at = from;
      throw unexpected("where a number is wanted");
    }
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
    if (end < 0) {
      at = text.length();
      throw unexpected("in a histogram");
    }
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
      if (!HISTOGRAM_KEYS.contains(key)) {
        throw new InvalidRequestException(
            "parse error: bad histogram descriptor found: \"" + key + "\"");
      }
      boolean list = colon + 1 < body.length() && body.charAt(colon + 1) == '[';
      int stop = list ? body.indexOf(']', colon) + 1 : colon + 1;
      if (list && stop == 0) {
        throw new InvalidRequestException("parse error: unexpected end of a list in a histogram");
      }
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
        whole(fields.getOrDefault("schema", "0")),
        hint,
        false,
        real(fields.getOrDefault("z_bucket_w", "0")),
        real(fields.getOrDefault("z_bucket", "0")),
        real(fields.getOrDefault("count", "0")),
        real(fields.getOrDefault("sum", "0")),
        new int[] {whole(fields.getOrDefault("offset", "0"))},
        new int[] {positive.length},
        positive,
        new int[] {whole(fields.getOrDefault("n_offset", "0"))},
        new int[] {negative.length},
        negative,
        numbers(fields.getOrDefault("custom_values", "[]")));
  }

  private static int whole(String text) {
    OptionalLong number = GoNumber.whole(text);
    if (number.isEmpty() || number.getAsLong() != (int) number.getAsLong()) {
      throw new InvalidRequestException(
          "parse error: '" + text + "' in a histogram is no whole number");
    }
    return (int) number.getAsLong();
  }

  private static double real(String text) {
    try {
      return Literals.number(text);
    } catch (NumberFormatException e) {
      throw new InvalidRequestException("parse error: '" + text + "' in a histogram is no number");
    }
  }

  private static double[] numbers(String bracketed) {
    if (!bracketed.startsWith("[") || !bracketed.endsWith("]")) {
      throw new InvalidRequestException(
          "parse error: '" + bracketed + "' in a histogram is no list in brackets");
    }
    String body = bracketed.substring(1, bracketed.length() - 1).strip();
    if (body.isEmpty()) {
      return new double[0];
    }
    String[] parts = body.split("\\s+");
    double[] numbers = new double[parts.length];
    for (int i = 0; i < parts.length; i++) {
      numbers[i] = real(parts[i]);
    }
    return numbers;
  }
}
