package io.trilith.server.cli;

import io.trilith.server.client.Api;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** How a query is, or was, evaluated. */
final class QueryPlan {
  private QueryPlan() {}

  /** The plan's tree, a line for each operator. */
  static void print(Api.Node plan, PrintWriter out) {
    out.println(plan.text());
  }

  /** Totals, then a row for each operator. */
  static void statistics(Api.Node stats, PrintWriter out) {
    out.println();
    for (String section : List.of("samples", "timings")) {
      for (Map.Entry<String, String> one : stats.at(section).texts().entrySet()) {
        if (!one.getValue().startsWith("[")) {
          out.println(one.getKey() + "  " + one.getValue());
        }
      }
    }
    List<Api.Node> operators = stats.at("operators").list();
    if (operators.isEmpty()) {
      return;
    }
    List<String> heads = new ArrayList<>(operators.getFirst().texts().keySet());
    TextTable table = new TextTable(heads);
    operators.forEach(operator -> table.row(List.copyOf(operator.texts().values())));
    table.print(out);
  }
}
