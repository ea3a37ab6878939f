package io.trilith.query.prometheus;

import io.trilith.net.HttpAnswer;
import io.trilith.promql.ast.AggregateOp;
import io.trilith.promql.ast.BinaryOp;
import io.trilith.promql.ast.FunctionSignature;
import io.trilith.query.json.JsonWriter;
import io.trilith.storage.model.Matcher;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/**
 * What {@code /api/v1/features} tells, in the categories of Prometheus: whether each feature is
 * there. Functions and operators are those that the parser knows.
 */
final class Features {
  private static final Map<String, String> PRESENT =
      Map.of(
          "api",
          "exclude_alerts label_values_match otlp_write_receiver query_stats query_warnings"
              + " remote_read remote_write_receiver time_range_labels time_range_series",
          "otlp_receiver",
          "delta_conversion",
          "prometheus",
          "native_histograms remote_write_v2 utf8_names",
          "promql",
          "anchored at_modifier bool by delayed_name_removal duration_expr experimental_functions"
              + " fill fill_left fill_right group_left group_right ignoring info negative_offset"
              + " offset on per_query_lookback_delta per_step_stats smoothed subqueries"
              + " type_and_unit_labels without",
          "tsdb",
          "exemplars out_of_order start_timestamps");
  private static final Map<String, String> ABSENT =
      Map.of("api", "admin lifecycle", "prometheus", "agent_mode auto_reload_config", "ui", "ui");

  private Features() {}

  static HttpAnswer answer() {
    return Envelope.success(Features::write);
  }

  private static void write(JsonWriter json) throws IOException {
    TreeMap<String, TreeMap<String, Boolean>> all = new TreeMap<>();
    PRESENT.forEach((category, names) -> add(all, category, true, names.split(" ")));
    ABSENT.forEach((category, names) -> add(all, category, false, names.split(" ")));
    for (String function : FunctionSignature.names()) {
      add(all, "promql_functions", true, function);
    }
    for (AggregateOp op : AggregateOp.values()) {
      add(all, "promql_operators", true, op.text());
    }
    for (BinaryOp op : BinaryOp.values()) {
      add(all, "promql_operators", true, op.text());
    }
    for (Matcher.Op op : Matcher.Op.values()) {
      add(all, "promql_operators", true, op.text());
    }
    json.beginObject();
    for (Map.Entry<String, TreeMap<String, Boolean>> category : all.entrySet()) {
      json.name(category.getKey()).beginObject();
      for (Map.Entry<String, Boolean> feature : category.getValue().entrySet()) {
        json.name(feature.getKey()).value(feature.getValue());
      }
      json.endObject();
    }
    json.endObject();
  }

  private static void add(
      TreeMap<String, TreeMap<String, Boolean>> all,
      String category,
      boolean present,
      String... names) {
    TreeMap<String, Boolean> features = all.computeIfAbsent(category, _ -> new TreeMap<>());
    for (String name : names) {
      features.put(name, present);
    }
  }
}
