package io.trilith.cli.query;

import io.trilith.cli.query.MetricAnswer.Line;
import io.trilith.cli.query.MetricAnswer.Point;
import java.io.PrintWriter;
import java.util.List;

/** Series as lines of Braille dots, each cell two dots wide and four high. */
final class Graph {
  private static final int[] COLOURS = {32, 33, 34, 35, 36, 31, 92, 93, 94, 95, 96, 91};
  private static final int[][] DOTS = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
  private static final int BLANK = 0x2800;

  private final int columns;
  private final int rows;
  private final boolean coloured;

  /** Width and height in characters, without axis and legend. */
  Graph(int columns, int rows, boolean coloured) {
    this.columns = columns;
    this.rows = rows;
    this.coloured = coloured;
  }

  /** What is drawn lies within these. */
  private record Frame(double from, double to, double low, double high) {
    static Frame of(List<Line> lines) {
      double from = Double.POSITIVE_INFINITY;
      double to = Double.NEGATIVE_INFINITY;
      double low = Double.POSITIVE_INFINITY;
      double high = Double.NEGATIVE_INFINITY;
      for (Line line : lines) {
        for (Point point : line.points()) {
          if (Double.isFinite(point.value())) {
            from = Math.min(from, point.seconds());
            to = Math.max(to, point.seconds());
            low = Math.min(low, point.value());
            high = Math.max(high, point.value());
          }
        }
      }
      return new Frame(from, to, low, high > low ? high : low + 1);
    }
  }

  void print(List<Line> lines, PrintWriter out) {
    Frame frame = Frame.of(lines);
    if (frame.from > frame.to) {
      out.println("no finite values to draw");
      return;
    }
    List<Line> drawn = lines.subList(0, Math.min(lines.size(), COLOURS.length));
    int[][] cells = new int[rows][columns];
    int[][] owner = new int[rows][columns];
    for (int i = 0; i < drawn.size(); i++) {
      draw(drawn.get(i).points(), frame, i, cells, owner);
    }
    axis(frame, cells, owner, out);
    for (int i = 0; i < drawn.size(); i++) {
      Line line = drawn.get(i);
      out.println(colour(i, "━━ ") + line.name() + "  " + line.points().getLast().text());
    }
    if (drawn.size() < lines.size()) {
      out.println((lines.size() - drawn.size()) + " more series not drawn");
    }
  }

  private void draw(List<Point> points, Frame frame, int series, int[][] cells, int[][] owner) {
    int xBefore = -1;
    int yBefore = -1;
    for (Point point : points) {
      if (!Double.isFinite(point.value())) {
        xBefore = -1;
        continue;
      }
      double across = frame.to > frame.from ? frame.to - frame.from : 1;
      int x = (int) Math.round((point.seconds() - frame.from) / across * (columns * 2 - 1));
      double level = (point.value() - frame.low) / (frame.high - frame.low);
      int y = (int) Math.round((1 - level) * (rows * 4 - 1));
      int steps = xBefore < 0 ? 0 : Math.max(Math.abs(x - xBefore), Math.abs(y - yBefore));
      for (int i = 0; i <= steps; i++) {
        double part = steps == 0 ? 1 : (double) i / steps;
        int dotX = xBefore < 0 ? x : (int) Math.round(xBefore + (x - xBefore) * part);
        int dotY = xBefore < 0 ? y : (int) Math.round(yBefore + (y - yBefore) * part);
        cells[dotY / 4][dotX / 2] |= DOTS[dotY % 4][dotX % 2];
        owner[dotY / 4][dotX / 2] = series;
      }
      xBefore = x;
      yBefore = y;
    }
  }

  private void axis(Frame frame, int[][] cells, int[][] owner, PrintWriter out) {
    String[] marks = new String[rows];
    int width = 0;
    for (int row = 0; row < rows; row++) {
      boolean marked = row == 0 || row == rows - 1 || row % 4 == 0;
      double value = frame.high - (frame.high - frame.low) * row / Math.max(1, rows - 1);
      marks[row] = marked ? MetricTable.number(value) : "";
      width = Math.max(width, marks[row].length());
    }
    for (int row = 0; row < rows; row++) {
      StringBuilder line = new StringBuilder();
      line.append(" ".repeat(width - marks[row].length())).append(marks[row]);
      line.append(marks[row].isEmpty() ? " │" : " ┤");
      for (int column = 0; column < columns; column++) {
        int dots = cells[row][column];
        line.append(dots == 0 ? " " : colour(owner[row][column], Character.toString(BLANK + dots)));
      }
      out.println(line.toString().stripTrailing());
    }
    String from = MetricTable.time(frame.from);
    String to = MetricTable.time(frame.to);
    out.println(" ".repeat(width) + " └" + "─".repeat(columns));
    int gap = Math.max(2, columns + 2 - from.length() - to.length());
    out.println(" ".repeat(width) + from + " ".repeat(gap) + to);
  }

  private String colour(int series, String text) {
    return coloured ? "\u001b[" + COLOURS[series] + "m" + text + "\u001b[0m" : text;
  }
}
