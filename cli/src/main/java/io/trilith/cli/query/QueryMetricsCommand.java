package io.trilith.cli.query;

import io.trilith.cli.client.Api;
import io.trilith.cli.options.ServerOptions;
import io.trilith.cli.options.TimeArgument;
import io.trilith.cli.print.Colour;
import io.trilith.config.Durations;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Asks PromQL. A query over time as soon as a start, a step or a graph is wanted. */
@Command(
    name = "metrics",
    description = "Ask PromQL.",
    footer = {
      "",
      "Times: now, 1h or now-1h (ago), unix seconds, 2026-11-21T16:00:00Z, 2026-11-21.",
      ServerOptions.STATUS,
      "",
      "  trilith query metrics 'sum by (job) (rate(http_requests_total[5m]))' --start 6h -o graph"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class QueryMetricsCommand implements Callable<Integer> {
  private static final int GRAPH_ROWS = 16;
  private static final int WIDTH = 100;
  private static final int WIDTH_MIN = 30;
  private static final int AXIS = 16;
  private static final int TABLE_STEPS = 20;
  private static final long[] STEPS = {
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400
  };

  /** How an answer is shown. */
  enum Output {
    TABLE,
    JSON,
    CSV,
    GRAPH
  }

  @Parameters(paramLabel = "EXPR", description = "The query.")
  private String expression = "";

  @Option(
      names = "--time",
      paramLabel = "TIME",
      defaultValue = "now",
      description = "When the query is evaluated. Default: ${DEFAULT-VALUE}")
  private String time = "now";

  @Option(names = "--start", paramLabel = "TIME", description = "Start of a query over time.")
  private @Nullable String start;

  @Option(names = "--end", paramLabel = "TIME", description = "Its end. Default: now")
  private @Nullable String end;

  @Option(
      names = "--step",
      paramLabel = "DURATION",
      description = "Its step, such as 30s. Default: what fits the output")
  private @Nullable String step;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      defaultValue = "table",
      description = "table, json, csv or graph. Default: ${DEFAULT-VALUE}")
  private Output output = Output.TABLE;

  @Option(names = "--limit", paramLabel = "N", description = "At most this many series.")
  private int limit;

  @Option(
      names = "--stats",
      description = "Tell series, samples, bytes and the time each operator took.")
  private boolean stats;

  @Option(names = "--explain", description = "Show the plan instead of an answer.")
  private boolean explain;

  @Mixin private ServerOptions server = new ServerOptions();

  @Spec private @Nullable CommandSpec spec;

  private final InstantSource clock = InstantSource.system();

  @Override
  public Integer call() {
    return server.run(spec, this::ask);
  }

  private void ask(Api api, PrintWriter out, PrintWriter err) {
    boolean range = start != null || end != null || step != null || output == Output.GRAPH;
    String path = range ? "/api/v1/query_range" : "/api/v1/query";
    List<String> parameters = new ArrayList<>(List.of("query", expression));
    if (range) {
      Instant last = TimeArgument.parse(end == null ? "now" : end, clock);
      Instant first =
          start == null ? last.minus(Duration.ofHours(1)) : TimeArgument.parse(start, clock);
      Duration every = step == null ? fitting(first, last) : Durations.parse(step);
      parameters.addAll(List.of("start", seconds(first), "end", seconds(last)));
      parameters.addAll(List.of("step", seconds(Instant.EPOCH.plus(every))));
    } else {
      parameters.addAll(List.of("time", seconds(TimeArgument.parse(time, clock))));
    }
    if (limit > 0) {
      parameters.addAll(List.of("limit", Integer.toString(limit)));
    }
    if (explain) {
      parameters.addAll(List.of("explain", "true"));
    } else if (stats) {
      parameters.addAll(List.of("stats", "operators"));
    }
    String[] pairs = parameters.toArray(String[]::new);
    if (output == Output.JSON) {
      out.println(api.askText(path, pairs));
      return;
    }
    Api.Node answer = api.ask(path, pairs);
    if (explain) {
      QueryPlan.print(answer.at("data"), out);
      return;
    }
    show(MetricAnswer.of(answer), out, err);
    if (stats) {
      QueryPlan.statistics(answer.at("data").at("stats"), out);
    }
  }

  private void show(MetricAnswer answer, PrintWriter out, PrintWriter err) {
    switch (output) {
      case TABLE, JSON -> MetricTable.print(answer, out);
      case CSV -> MetricTable.csv(answer, out);
      case GRAPH -> new Graph(columns(), GRAPH_ROWS, Colour.wanted()).print(answer.lines(), out);
    }
    out.flush();
    answer.infos().forEach(text -> err.println("info: " + text));
  }

  private static int columns() {
    String width = System.getenv("COLUMNS");
    try {
      return Math.max(WIDTH_MIN, (width == null ? WIDTH : Integer.parseInt(width)) - AXIS);
    } catch (NumberFormatException e) {
      return WIDTH - AXIS;
    }
  }

  /** A round step that gives two points a column of a graph, or a table that fits a screen. */
  private Duration fitting(Instant first, Instant last) {
    return fitting(first, last, output == Output.TABLE ? TABLE_STEPS : columns() * 2L);
  }

  /** A round step that makes about this many points. */
  static Duration fitting(Instant first, Instant last, long points) {
    long seconds = Math.max(1, Duration.between(first, last).toSeconds() / points);
    for (long round : STEPS) {
      if (round >= seconds) {
        return Duration.ofSeconds(round);
      }
    }
    return Duration.ofSeconds(seconds);
  }

  private static String seconds(Instant time) {
    return java.math.BigDecimal.valueOf(time.toEpochMilli(), 3).toPlainString();
  }
}
