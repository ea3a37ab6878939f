package io.trilith.cli.query;

import io.trilith.cli.client.Api;
import io.trilith.cli.options.ServerOptions;
import io.trilith.cli.options.TimeOptions;
import io.trilith.cli.print.LogPrinter;
import io.trilith.cli.print.TextTable;
import io.trilith.cli.query.MetricAnswer.Line;
import io.trilith.cli.query.MetricAnswer.Point;
import io.trilith.config.Durations;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.traceql.ast.TraceQuery;
import io.trilith.traceql.parser.TraceQueries;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Asks TraceQL: for traces, or for a metric of spans over time. */
@Command(
    name = "traces",
    description = "Ask TraceQL for traces, or for metrics of their spans.",
    footer = {
      "",
      "Times: now, 1h or now-1h (ago), unix seconds, 2026-11-21T16:00:00Z, 2026-11-21.",
      ServerOptions.STATUS,
      "",
      "  trilith query traces '{ resource.service.name = \"checkout\" && status = error }' --since"
          + " 6h",
      "  trilith query traces '{ kind = server } | rate() by (resource.service.name)'"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class QueryTracesCommand implements Callable<Integer> {
  private static final int POINTS = 20;

  /** How an answer is shown. */
  enum Output {
    TABLE,
    JSON
  }

  @Parameters(paramLabel = "TRACEQL", description = "The query.")
  private String expression = "";

  @Mixin private TimeOptions time = new TimeOptions();

  @Option(
      names = "--step",
      paramLabel = "DURATION",
      description = "Step of metrics, such as 30s. Default: what fits a table")
  private @Nullable String step;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "20",
      description = "At most this many traces. Default: ${DEFAULT-VALUE}")
  private int limit;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      defaultValue = "table",
      description = "table or json. Default: ${DEFAULT-VALUE}")
  private Output output = Output.TABLE;

  @Mixin private ServerOptions server = new ServerOptions();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return server.run(spec, (api, out, err) -> ask(api, out));
  }

  private void ask(Api api, PrintWriter out) {
    TimeOptions.Range range = time.range();
    boolean metrics = isMetrics(expression);
    List<String> parameters = new ArrayList<>(List.of("q", expression));
    // Whole seconds are what search reads: the last one counts.
    parameters.addAll(List.of("start", Long.toString(range.start().getEpochSecond())));
    parameters.addAll(List.of("end", Long.toString(range.end().plusMillis(999).getEpochSecond())));
    if (metrics) {
      long seconds =
          (step == null
                  ? QueryMetricsCommand.fitting(range.start(), range.end(), POINTS)
                  : Durations.parse(step))
              .toMillis();
      parameters.addAll(List.of("step", seconds + "ms"));
    } else {
      parameters.addAll(List.of("limit", Integer.toString(limit)));
    }
    String path = metrics ? "/api/metrics/query_range" : "/api/search";
    String[] pairs = parameters.toArray(String[]::new);
    if (output == Output.JSON) {
      out.println(api.askText(path, pairs));
    } else if (metrics) {
      MetricTable.print(series(api.ask(path, pairs)), out);
    } else {
      traces(api.ask(path, pairs).at("traces").list(), out);
    }
  }

  /** What cannot be read goes to the search, which says why. */
  private static boolean isMetrics(String query) {
    try {
      return !(TraceQueries.parse(query) instanceof TraceQuery.Search);
    } catch (InvalidRequestException e) {
      return false;
    }
  }

  private static MetricAnswer series(Api.Node answer) {
    List<Line> lines = new ArrayList<>();
    for (Api.Node series : answer.at("series").list()) {
      Map<String, String> labels = new LinkedHashMap<>();
      for (Api.Node label : series.at("labels").list()) {
        Map<String, String> value = label.at("value").texts();
        labels.put(label.at("key").text(), value.isEmpty() ? "" : value.values().iterator().next());
      }
      List<Point> points = new ArrayList<>();
      for (Api.Node sample : series.at("samples").list()) {
        // A value of 0 is left out in proto3's JSON.
        String text = sample.at("value").text().isEmpty() ? "0" : sample.at("value").text();
        double seconds = sample.at("timestampMs").integer() / 1000.0;
        points.add(new Point(seconds, text, Double.parseDouble(text)));
      }
      lines.add(new Line(labels, points));
    }
    return new MetricAnswer("matrix", lines, List.of(), List.of());
  }

  private static void traces(List<Api.Node> traces, PrintWriter out) {
    if (traces.isEmpty()) {
      out.println("no traces");
      return;
    }
    TextTable table =
        new TextTable(
            List.of("time", "duration", "trace", "service", "name", "matched", "spans", "errors"));
    for (Api.Node trace : traces) {
      long spans = 0;
      long errors = 0;
      for (String service : trace.at("serviceStats").texts().keySet()) {
        spans += trace.at("serviceStats").at(service).at("spanCount").integer();
        errors += trace.at("serviceStats").at(service).at("errorCount").integer();
      }
      long matched = 0;
      for (Api.Node set : trace.at("spanSets").list()) {
        matched += set.at("matched").integer();
      }
      table.row(
          List.of(
              Waterfall.time(trace.at("startTimeUnixNano").integer()),
              Waterfall.duration(trace.at("durationMs").integer() * 1_000_000L),
              trace.at("traceID").text(),
              LogPrinter.harmless(trace.at("rootServiceName").text()),
              LogPrinter.harmless(trace.at("rootTraceName").text()),
              Long.toString(matched),
              spans == 0 ? "" : Long.toString(spans),
              spans == 0 ? "" : Long.toString(errors)));
    }
    table.print(out);
  }
}
