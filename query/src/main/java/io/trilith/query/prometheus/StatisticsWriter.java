package io.trilith.query.prometheus;

import io.trilith.engine.StepGrid;
import io.trilith.promql.QueryPlan;
import io.trilith.promql.QueryStatistics;
import io.trilith.query.json.JsonWriter;
import java.io.IOException;
import java.util.Locale;

/** Plans and statistics of queries as JSON: Prometheus's members, and ours under our name. */
final class StatisticsWriter {
  private StatisticsWriter() {}

  /** The plan, as text and as records. */
  static void plan(JsonWriter json, QueryPlan plan) throws IOException {
    json.beginObject().name("text").value(plan.text()).name("operators").beginArray();
    for (QueryPlan.Operator operator : plan.operators()) {
      json.beginObject();
      operator(json, operator);
      json.endObject();
    }
    json.endArray().endObject();
  }

  private static void operator(JsonWriter json, QueryPlan.Operator operator) throws IOException {
    json.name("number").value(operator.number()).name("parent").value(operator.parent());
    json.name("operator").value(operator.name());
    json.name("mode").value(QueryPlan.word(operator.mode()));
    json.name("details").value(operator.details());
  }

  /** The statistics, by step and by operator if that is asked for. */
  static void statistics(
      JsonWriter json, QueryStatistics statistics, long millis, boolean perStep, boolean operators)
      throws IOException {
    json.beginObject().name("timings").beginObject();
    json.name("evalTotalTime").raw(ResultWriter.seconds(millis));
    json.name("execTotalTime").raw(ResultWriter.seconds(millis)).endObject();
    json.name("samples").beginObject();
    if (perStep) {
      json.name("totalQueryableSamplesPerStep").beginArray();
      perStep(json, statistics);
      json.endArray();
    }
    json.name("totalQueryableSamples").value(statistics.samplesTotal());
    json.name("peakSamples").value(statistics.samplesPeak()).endObject();
    if (operators) {
      json.name("trilith");
      own(json, statistics);
    }
    json.endObject();
  }

  private static void perStep(JsonWriter json, QueryStatistics statistics) throws IOException {
    StepGrid grid = statistics.grid();
    long[] samples = statistics.samplesPerStep();
    for (int step = 0; grid != null && step < samples.length; step++) {
      json.beginArray().raw(ResultWriter.seconds(grid.time(step))).value(samples[step]).endArray();
    }
  }

  private static void own(JsonWriter json, QueryStatistics statistics) throws IOException {
    json.beginObject().name("seriesSelected").value(statistics.seriesSelected());
    json.name("samplesRead").value(statistics.samplesRead());
    json.name("bytesPeak").value(statistics.bytesPeak());
    json.name("operators").beginArray();
    for (QueryStatistics.Measured measured : statistics.operators()) {
      json.beginObject();
      operator(json, measured.operator());
      String seconds = String.format(Locale.ROOT, "%.6f", measured.nanos() / 1e9);
      json.name("seconds").raw(seconds);
      json.name("series").value(measured.series()).endObject();
    }
    json.endArray().endObject();
  }
}
