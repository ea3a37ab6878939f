package io.trilith.cli.query;

import io.trilith.cli.client.Api;
import io.trilith.cli.print.TextTable;
import java.io.PrintWriter;
import java.util.List;

/** How a query is, or was, evaluated. */
final class QueryPlan {
  private QueryPlan() {}

  /** The plan's tree, a line for each operator. */
  static void print(Api.Node plan, PrintWriter out) {
    out.print(plan.at("text").text());
  }

  /** Totals, then a row for each operator. */
  static void statistics(Api.Node stats, PrintWriter out) {
    Api.Node own = stats.at("trilith");
    out.println();
    line("series selected", own.at("seriesSelected"), out);
    line("samples read", own.at("samplesRead"), out);
    line("samples used", stats.at("samples").at("totalQueryableSamples"), out);
    line("bytes at most", own.at("bytesPeak"), out);
    line("seconds", stats.at("timings").at("evalTotalTime"), out);
    TextTable table = new TextTable(List.of("operator", "mode", "series", "seconds", "details"));
    int[] depths = new int[own.at("operators").list().size() + 1];
    for (Api.Node operator : own.at("operators").list()) {
      int number = (int) operator.at("number").integer();
      int parent = (int) operator.at("parent").integer();
      int depth = parent == 0 || parent >= depths.length ? 0 : depths[parent] + 1;
      if (number < depths.length) {
        depths[number] = depth;
      }
      table.row(
          List.of(
              "  ".repeat(depth) + "#" + number + " " + operator.at("operator").text(),
              operator.at("mode").text(),
              operator.at("series").text(),
              operator.at("seconds").text(),
              operator.at("details").text()));
    }
    table.print(out);
  }

  private static void line(String what, Api.Node value, PrintWriter out) {
    out.println(what + "  " + value.text());
  }
}
