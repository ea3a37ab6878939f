package io.trilith.cli.bucket;

import io.trilith.cli.print.LogPrinter;
import io.trilith.cli.print.TextTable;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rows that are shown as a table or as a JSON array of objects; a column has one name in both. Not
 * thread-safe.
 */
final class Listing {
  private final List<String> columns;
  private final List<List<@Nullable Object>> rows = new ArrayList<>();

  Listing(String... columns) {
    this.columns = List.of(columns);
  }

  void row(@Nullable Object... cells) {
    List<@Nullable Object> row = new ArrayList<>();
    for (Object cell : cells) {
      row.add(cell);
    }
    rows.add(row);
  }

  int size() {
    return rows.size();
  }

  /** The rows as maps, for a document that has more. */
  List<Map<String, @Nullable Object>> maps() {
    List<Map<String, @Nullable Object>> maps = new ArrayList<>();
    for (List<@Nullable Object> row : rows) {
      Map<String, @Nullable Object> map = new LinkedHashMap<>();
      for (int i = 0; i < row.size(); i++) {
        map.put(columns.get(i).replace(' ', '_'), row.get(i));
      }
      maps.add(map);
    }
    return maps;
  }

  void print(OutputOption.Form form, PrintWriter out) {
    if (form == OutputOption.Form.JSON) {
      Shown.json(maps(), out);
      return;
    }
    table(out);
  }

  void table(PrintWriter out) {
    TextTable table = new TextTable(columns);
    for (List<@Nullable Object> row : rows) {
      table.row(row.stream().map(cell -> LogPrinter.harmless(Shown.text(cell))).toList());
    }
    table.print(out);
  }
}
