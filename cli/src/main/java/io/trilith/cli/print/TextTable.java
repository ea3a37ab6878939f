package io.trilith.cli.print;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Rows of cells, columns as wide as needed, numbers to the right. Not thread-safe. */
public final class TextTable {
  private final List<List<String>> rows = new ArrayList<>();

  public TextTable(List<String> heads) {
    rows.add(heads);
  }

  public void row(List<String> cells) {
    rows.add(cells);
  }

  public void print(PrintWriter out) {
    int columns = rows.stream().mapToInt(List::size).max().orElse(0);
    int[] widths = new int[columns];
    boolean[] numeric = new boolean[columns];
    for (int c = 0; c < columns; c++) {
      numeric[c] = true;
      for (int r = 0; r < rows.size(); r++) {
        String cell = cell(r, c);
        widths[c] = Math.max(widths[c], cell.codePointCount(0, cell.length()));
        numeric[c] &= r == 0 || cell.isEmpty() || "+-0123456789N".indexOf(cell.charAt(0)) >= 0;
      }
    }
    for (int r = 0; r < rows.size(); r++) {
      StringBuilder line = new StringBuilder();
      for (int c = 0; c < columns; c++) {
        String cell = cell(r, c);
        String fill = " ".repeat(widths[c] - cell.codePointCount(0, cell.length()));
        line.append(numeric[c] ? fill + cell : cell + fill).append("  ");
      }
      out.println(line.toString().stripTrailing());
    }
  }

  private String cell(int row, int column) {
    List<String> cells = rows.get(row);
    return column < cells.size() ? cells.get(column) : "";
  }
}
