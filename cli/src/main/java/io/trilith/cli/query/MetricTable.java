package io.trilith.cli.query;

import io.trilith.cli.print.TextTable;
import io.trilith.cli.query.MetricAnswer.Line;
import io.trilith.cli.query.MetricAnswer.Point;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.TreeSet;

/** Answers as tables and as CSV. */
final class MetricTable {
  /** More series than this stand in rows of their own, summed up. */
  private static final int COLUMNS_MAX = 6;

  private static final String BARS = "▁▂▃▄▅▆▇█";
  private static final int BARS_MAX = 40;

  private MetricTable() {}

  static void print(MetricAnswer answer, PrintWriter out) {
    switch (answer.type()) {
      case "scalar", "string" -> out.println(answer.lines().getFirst().points().getFirst().text());
      case "vector" -> instant(answer.lines(), out);
      default -> range(answer.lines(), out);
    }
    if (answer.lines().isEmpty()) {
      out.println("no series");
    }
  }

  /** The labels that any series has, the metric's name first. */
  private static List<String> names(List<Line> lines) {
    TreeSet<String> names = new TreeSet<>();
    lines.forEach(line -> names.addAll(line.labels().keySet()));
    List<String> ordered = new ArrayList<>();
    if (names.remove("__name__")) {
      ordered.add("__name__");
    }
    ordered.addAll(names);
    return ordered;
  }

  private static List<String> labels(Line line, List<String> names) {
    List<String> cells = new ArrayList<>();
    names.forEach(name -> cells.add(line.labels().getOrDefault(name, "")));
    return cells;
  }

  private static void instant(List<Line> lines, PrintWriter out) {
    List<String> names = names(lines);
    List<String> heads = new ArrayList<>(names);
    heads.add("value");
    if (lines.isEmpty()) {
      return;
    }
    TextTable table = new TextTable(heads);
    for (Line line : lines) {
      List<String> cells = labels(line, names);
      line.points().forEach(point -> cells.add(point.text()));
      table.row(cells);
    }
    table.print(out);
  }

  private static void range(List<Line> lines, PrintWriter out) {
    if (lines.size() > COLUMNS_MAX) {
      summary(lines, out);
      return;
    }
    if (lines.isEmpty()) {
      return;
    }
    List<String> heads = new ArrayList<>(List.of("time"));
    lines.forEach(line -> heads.add(line.name()));
    TextTable table = new TextTable(heads);
    TreeMap<Double, List<String>> rows = new TreeMap<>();
    for (int i = 0; i < lines.size(); i++) {
      for (Point point : lines.get(i).points()) {
        List<String> cells = rows.computeIfAbsent(point.seconds(), MetricTable::timeCell);
        while (cells.size() <= i) {
          cells.add("");
        }
        cells.add(point.text());
      }
    }
    rows.values().forEach(table::row);
    table.print(out);
  }

  private static List<String> timeCell(double seconds) {
    return new ArrayList<>(List.of(time(seconds)));
  }

  static String time(double seconds) {
    return Instant.ofEpochMilli(Math.round(seconds * 1000)).toString();
  }

  private static void summary(List<Line> lines, PrintWriter out) {
    List<String> names = names(lines);
    List<String> heads = new ArrayList<>(names);
    heads.addAll(List.of("points", "min", "avg", "max", "last", ""));
    TextTable table = new TextTable(heads);
    for (Line line : lines) {
      double[] values = line.points().stream().mapToDouble(Point::value).toArray();
      double min = Double.POSITIVE_INFINITY;
      double max = Double.NEGATIVE_INFINITY;
      double sum = 0;
      for (double value : values) {
        min = Math.min(min, value);
        max = Math.max(max, value);
        sum += value;
      }
      List<String> cells = labels(line, names);
      cells.add(Integer.toString(values.length));
      cells.add(number(min));
      cells.add(number(sum / values.length));
      cells.add(number(max));
      cells.add(line.points().getLast().text());
      cells.add(bars(values, min, max));
      table.row(cells);
    }
    table.print(out);
  }

  /** One character for one or several values, scaled between least and greatest. */
  private static String bars(double[] values, double min, double max) {
    int count = Math.min(BARS_MAX, values.length);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      double value = values[(int) ((long) i * values.length / count)];
      double level = max > min ? (value - min) / (max - min) : 0;
      text.append(
          Double.isFinite(level)
              ? BARS.charAt(Math.clamp(Math.round(level * (BARS.length() - 1)), 0, 7))
              : ' ');
    }
    return text.toString();
  }

  static String number(double value) {
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
    }
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      return Long.toString((long) value);
    }
    return String.format(Locale.ROOT, "%.6g", value);
  }

  /** One line per point: time, value, then the labels. */
  static void csv(MetricAnswer answer, PrintWriter out) {
    List<String> names = names(answer.lines());
    out.println("time,value" + (names.isEmpty() ? "" : "," + String.join(",", quoted(names))));
    for (Line line : answer.lines()) {
      String labels = String.join(",", quoted(labels(line, names)));
      for (Point point : line.points()) {
        out.println(
            time(point.seconds())
                + ","
                + quote(point.text())
                + (names.isEmpty() ? "" : "," + labels));
      }
    }
  }

  private static List<String> quoted(List<String> cells) {
    return cells.stream().map(MetricTable::quote).toList();
  }

  /** As RFC 4180 has it. */
  private static String quote(String cell) {
    boolean plain = cell.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain ? cell : '"' + cell.replace("\"", "\"\"") + '"';
  }
}
