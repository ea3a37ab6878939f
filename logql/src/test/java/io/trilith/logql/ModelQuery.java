package io.trilith.logql;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleBinaryOperator;
import java.util.function.Predicate;

/**
 * A metric query as text, and its value at one time computed as its definition says.
 *
 * @param text as LogQL
 */
record ModelQuery(String text, At at) {
  /** Values by labels at a time; labels without a value are not there. */
  interface At {
    Map<Map<String, String>, Double> at(long time);
  }

  /** Entries that a selector and a pipeline leave, with the value of each. */
  private record Sample(long time, Map<String, String> labels, double value, int bytes) {}

  /** A range function over random entries. */
  static ModelQuery range(List<ModelEntry.Sent> entries, ModelLogs random) {
    String kind = random.any(ModelLogs.KINDS);
    String app = random.of("", "a0", "a1");
    boolean unwraps = !kind.equals("text") && random.oneIn(2);
    List<ModelStage> stages = new ArrayList<>(random.pipeline(kind, unwraps));
    stages.add(ModelStage.noErrors());
    String selector =
        "{kind=\"" + kind + "\"" + (app.isEmpty() ? "" : ",app=\"" + app + "\"") + "} ";
    Predicate<ModelEntry.Sent> chosen =
        sent ->
            sent.stream().get("kind").equals(kind)
                && (app.isEmpty() || sent.stream().get("app").equals(app));
    long range = (30 + random.below(1500)) * ModelLogs.SECOND;
    long offset = random.oneIn(4) ? (random.below(900) - 300) * ModelLogs.SECOND : 0;
    String text = selector + String.join(" ", stages.stream().map(ModelStage::text).toList());
    String unwrapped = unwraps ? random.of("code", "took", "size") : "";
    String unit = unwrapped.equals("took") ? "s" : unwrapped.equals("size") ? "B" : "";
    text +=
        switch (unwrapped) {
          case "" -> "";
          case "took" -> " | unwrap duration(took) | __error__=\"\"";
          case "size" -> " | unwrap bytes(size) | __error__=\"\"";
          default -> " | unwrap code | __error__=\"\"";
        };
    text += " [" + range / ModelLogs.SECOND + "s]";
    text += offset == 0 ? "" : " offset " + offset / ModelLogs.SECOND + "s";
    List<Sample> samples = samples(entries, chosen, stages, unwrapped, unit);
    return unwraps
        ? unwrapped(text, unwrapped, new Window(samples, range, offset), random)
        : counted(text, samples, range, offset, random);
  }

  private static List<Sample> samples(
      List<ModelEntry.Sent> entries,
      Predicate<ModelEntry.Sent> chosen,
      List<ModelStage> stages,
      String unwrapped,
      String unit) {
    List<Sample> samples = new ArrayList<>();
    for (ModelEntry.Sent sent : entries.stream().filter(chosen).distinct().toList()) {
      ModelEntry entry = new ModelEntry(sent);
      if (!run(stages, entry)) {
        continue;
      }
      double value = 1;
      Map<String, String> labels = new TreeMap<>(entry.labels);
      if (!unwrapped.isEmpty()) {
        String text = labels.get(unwrapped);
        value = text == null ? Double.NaN : unwrap(text, unit);
        if (Double.isNaN(value)) {
          continue;
        }
      }
      int bytes = entry.line.getBytes(StandardCharsets.UTF_8).length;
      samples.add(new Sample(sent.time(), ModelStage.nonEmpty(labels), value, bytes));
    }
    samples.sort(Comparator.comparingLong(Sample::time));
    return samples;
  }

  private static double unwrap(String text, String unit) {
    if (unit.equals("s")) {
      return ModelFilter.value(text, "ms") / 1000;
    }
    return ModelFilter.value(text, unit);
  }

  static boolean run(List<ModelStage> stages, ModelEntry entry) {
    for (ModelStage stage : stages) {
      if (!stage.step().test(entry)) {
        return false;
      }
    }
    return true;
  }

  /** What a function makes of the samples of one series in a window. */
  private interface Function {
    double of(double[] values);
  }

  private static At windows(
      List<Sample> samples,
      long range,
      long offset,
      java.util.function.Function<Map<String, String>, Map<String, String>> group,
      boolean bytes,
      Function function) {
    return time -> {
      Map<Map<String, String>, List<Double>> series = empty();
      for (Sample sample : samples) {
        if (sample.time() > time - offset - range && sample.time() <= time - offset) {
          series
              .computeIfAbsent(group.apply(sample.labels()), _ -> new ArrayList<>())
              .add(bytes ? sample.bytes() : sample.value());
        }
      }
      Map<Map<String, String>, Double> values = empty();
      series.forEach(
          (labels, list) ->
              values.put(
                  labels, function.of(list.stream().mapToDouble(Double::doubleValue).toArray())));
      return values;
    };
  }

  static <T> Map<Map<String, String>, T> empty() {
    return new TreeMap<>(Comparator.comparing(Object::toString));
  }

  private static ModelQuery counted(
      String text, List<Sample> samples, long range, long offset, ModelLogs random) {
    double seconds = range / 1e9;
    String name = random.of("count_over_time", "rate", "bytes_over_time", "bytes_rate");
    Function function =
        switch (name) {
          case "count_over_time" -> values -> values.length;
          case "rate" -> values -> values.length / seconds;
          case "bytes_over_time" -> values -> Arrays.stream(values).sum();
          default -> values -> Arrays.stream(values).sum() / seconds;
        };
    boolean bytes = name.startsWith("bytes");
    return new ModelQuery(
        name + "(" + text + ")",
        windows(samples, range, offset, labels -> labels, bytes, function));
  }

  /** What a range function looks at. */
  private record Window(List<Sample> samples, long range, long offset) {}

  private static ModelQuery unwrapped(String text, String label, Window window, ModelLogs random) {
    List<Sample> samples = window.samples();
    long range = window.range();
    long offset = window.offset();
    String name =
        random.of("sum", "avg", "min", "max", "first", "last", "stddev", "stdvar", "quantile");
    if (random.oneIn(6)) {
      double seconds = range / 1e9;
      return new ModelQuery(
          "rate(" + text + ")",
          windows(
              samples,
              range,
              offset,
              l -> group(l, List.of(label), false),
              false,
              v -> Arrays.stream(v).sum() / seconds));
    }
    double quantile = random.below(11) / 10.0;
    Function function =
        switch (name) {
          case "sum" -> values -> Arrays.stream(values).sum();
          case "avg" -> values -> Arrays.stream(values).average().orElse(0);
          case "min" -> values -> Arrays.stream(values).min().orElse(0);
          case "max" -> values -> Arrays.stream(values).max().orElse(0);
          case "first" -> values -> values[0];
          case "last" -> values -> values[values.length - 1];
          case "stddev" -> values -> Math.sqrt(variance(values));
          case "stdvar" -> ModelQuery::variance;
          default -> values -> quantile(values, quantile);
        };
    boolean by = random.oneIn(2) && !name.equals("sum");
    boolean without = !by && random.oneIn(2);
    List<String> names = List.of(random.any(ModelLogs.FIELDS), "env");
    String grouping =
        by || without ? (by ? " by (" : " without (") + String.join(",", names) + ")" : "";
    if (name.equals("sum")) {
      grouping = "";
    }
    List<String> groups = new ArrayList<>(grouping.isEmpty() ? List.of() : names);
    if (!by || grouping.isEmpty()) {
      groups.add(label); // the label that is the value tells no series apart
    }
    String head = name + "_over_time(" + (name.equals("quantile") ? quantile + ", " : "");
    return new ModelQuery(
        head + text + ")" + grouping,
        windows(samples, range, offset, l -> group(l, groups, by), false, function));
  }

  private static double variance(double[] values) {
    double mean = Arrays.stream(values).average().orElse(0);
    return Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum() / values.length;
  }

  private static double quantile(double[] values, double quantile) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double rank = quantile * (sorted.length - 1);
    int low = (int) Math.floor(rank);
    int high = Math.min(low + 1, sorted.length - 1);
    return sorted[low] * (1 - (rank - low)) + sorted[high] * (rank - low);
  }

  static Map<String, String> group(Map<String, String> labels, List<String> names, boolean by) {
    Map<String, String> kept = new TreeMap<>(labels);
    kept.keySet().removeIf(name -> names.contains(name) != by);
    return kept;
  }

  /** An aggregation of the vector. */
  ModelQuery aggregated(ModelLogs random) {
    String name = random.of("sum", "avg", "min", "max", "count", "stddev", "stdvar");
    boolean by = random.oneIn(2);
    // Not the label that may be unwrapped: as in Loki, sum by (it) sees it below rate, nowhere
    // else.
    List<String> names =
        List.of(random.of("app", "level", "env"), random.of("user", "msg", "trace"));
    Function function =
        switch (name) {
          case "sum" -> values -> Arrays.stream(values).sum();
          case "avg" -> values -> Arrays.stream(values).average().orElse(0);
          case "min" -> values -> Arrays.stream(values).min().orElse(0);
          case "max" -> values -> Arrays.stream(values).max().orElse(0);
          case "count" -> values -> values.length;
          case "stddev" -> values -> Math.sqrt(variance(values));
          default -> ModelQuery::variance;
        };
    String grouping = (by ? " by (" : " without (") + String.join(",", names) + ") ";
    return new ModelQuery(
        name + grouping + "(" + text + ")",
        time -> {
          Map<Map<String, String>, List<Double>> groups = empty();
          at.at(time)
              .forEach(
                  (labels, value) ->
                      groups
                          .computeIfAbsent(group(labels, names, by), _ -> new ArrayList<>())
                          .add(value));
          Map<Map<String, String>, Double> values = empty();
          groups.forEach(
              (labels, list) ->
                  values.put(
                      labels,
                      function.of(list.stream().mapToDouble(Double::doubleValue).toArray())));
          return values;
        });
  }

  /** An operator between the vector and a number. */
  ModelQuery withNumber(ModelLogs random) {
    String operator = random.of("+", "-", "*", "/", ">", "<=", "> bool", "!= bool");
    double number = 1 + random.below(20);
    return new ModelQuery(
        "(" + text + ") " + operator + " " + (int) number,
        time -> {
          Map<Map<String, String>, Double> values = empty();
          at.at(time)
              .forEach(
                  (labels, value) -> {
                    double result = apply(operator, value, number);
                    if (!Double.isNaN(result)) {
                      values.put(labels, result);
                    }
                  });
          return values;
        });
  }

  private static double apply(String operator, double left, double right) {
    return switch (operator) {
      case "+" -> left + right;
      case "-" -> left - right;
      case "*" -> left * right;
      case "/" -> left / right;
      case ">" -> left > right ? left : Double.NaN;
      case "<=" -> left <= right ? left : Double.NaN;
      case "> bool" -> left > right ? 1 : 0;
      default -> left != right ? 1 : 0;
    };
  }

  /** An operator between two vectors whose labels are the same. */
  ModelQuery with(ModelQuery other, ModelLogs random) {
    String operator = random.of("+", "-", "*", "and", "or", "unless");
    return new ModelQuery(
        "(" + text + ") " + operator + " (" + other.text + ")",
        time -> {
          Map<Map<String, String>, Double> left = at.at(time);
          Map<Map<String, String>, Double> right = other.at.at(time);
          Map<Map<String, String>, Double> values = empty();
          switch (operator) {
            case "and" -> {
              values.putAll(left);
              values.keySet().removeIf(labels -> !right.containsKey(labels));
            }
            case "unless" -> {
              values.putAll(left);
              values.keySet().removeIf(right::containsKey);
            }
            case "or" -> {
              values.putAll(right);
              values.putAll(left);
            }
            default -> {
              DoubleBinaryOperator apply = (a, b) -> apply(operator, a, b);
              left.forEach(
                  (labels, value) -> {
                    Double second = right.get(labels);
                    if (second != null) {
                      values.put(labels, apply.applyAsDouble(value, second));
                    }
                  });
            }
          }
          return values;
        });
  }

  /** A random query. */
  static ModelQuery any(List<ModelEntry.Sent> entries, ModelLogs random) {
    ModelQuery query = range(entries, random);
    if (random.oneIn(2)) {
      query = query.aggregated(random);
    }
    if (random.oneIn(4)) {
      query = query.withNumber(random);
    }
    if (random.oneIn(4)) {
      ModelQuery other = range(entries, random);
      query = query.with(random.oneIn(2) ? other.aggregated(random) : other, random);
    }
    return query;
  }
}
