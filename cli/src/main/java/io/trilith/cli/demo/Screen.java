package io.trilith.cli.demo;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Draws answers as text: tables, sparklines, a waterfall. */
final class Screen {
  private static final String BARS = "▁▂▃▄▅▆▇█";
  private static final int WATERFALL = 48;

  private final PrintWriter out;

  Screen(PrintWriter out) {
    this.out = out;
  }

  void line(String text) {
    out.println(text);
    out.flush();
  }

  void title(String text) {
    line("");
    line("── " + text + " " + "─".repeat(Math.max(3, 96 - text.length())));
  }

  void question(String language, String query) {
    line("");
    line("  " + language + "  " + query);
  }

  /** Rows of cells, columns as wide as needed. */
  void table(List<List<String>> rows) {
    int[] widths = new int[rows.stream().mapToInt(List::size).max().orElse(0)];
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      StringBuilder text = new StringBuilder("     ");
      for (int i = 0; i < row.size(); i++) {
        text.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 2));
      }
      line(text.toString().stripTrailing());
    }
  }

  /** One character per value, scaled from 0 to the greatest. */
  static String sparkline(double[] values) {
    double max = Arrays.stream(values).filter(Double::isFinite).max().orElse(1);
    StringBuilder text = new StringBuilder();
    for (double value : values) {
      int bar = max <= 0 ? 0 : (int) Math.round(value / max * (BARS.length() - 1));
      text.append(Double.isFinite(value) ? BARS.charAt(Math.clamp(bar, 0, 7)) : ' ');
    }
    return text.toString();
  }

  static String number(double value) {
    return Math.abs(value) >= 1e6 || value == Math.rint(value)
        ? String.format(Locale.ROOT, "%.4g", value)
        : String.format(Locale.ROOT, "%.3f", value);
  }

  /** A span of a waterfall. Times in nanoseconds. */
  record Bar(int depth, String service, String name, long start, long end, boolean error) {}

  void waterfall(List<Bar> bars) {
    long start = bars.stream().mapToLong(Bar::start).min().orElse(0);
    long end = bars.stream().mapToLong(Bar::end).max().orElse(1);
    double scale = WATERFALL / (double) Math.max(1, end - start);
    List<List<String>> rows = new ArrayList<>();
    for (Bar bar : bars) {
      int from = (int) ((bar.start - start) * scale);
      int length = Math.max(1, (int) Math.round((bar.end - bar.start) * scale));
      String drawn =
          " ".repeat(from) + (bar.error ? "▓" : "█").repeat(Math.min(length, WATERFALL - from));
      rows.add(
          List.of(
              "  ".repeat(bar.depth) + bar.service + ": " + bar.name,
              drawn + " ".repeat(Math.max(0, WATERFALL - drawn.length())),
              String.format(Locale.ROOT, "%.1f ms", (bar.end - bar.start) / 1e6),
              bar.error ? "error" : ""));
    }
    table(rows);
  }
}
