package io.trilith.cli.query;

import io.trilith.cli.client.Api;
import io.trilith.cli.options.ServerOptions;
import io.trilith.cli.options.TimeOptions;
import io.trilith.cli.print.Colour;
import io.trilith.cli.print.LogLine;
import io.trilith.cli.print.LogPrinter;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Comparator;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Asks LogQL for lines, any number of them, or follows them. */
@Command(
    name = "logs",
    description = "Ask LogQL for log lines.",
    footer = {
      "",
      "Times: now, 1h or now-1h (ago), unix seconds, 2026-11-21T16:00:00Z, 2026-11-21.",
      ServerOptions.STATUS,
      "",
      "  trilith query logs '{service_name=\"checkout\"} |= \"timeout\"' --since 6h",
      "  trilith query logs '{app=\"web\"} | json | status>=500' --limit 0 -o jsonl > all.jsonl",
      "  trilith query logs '{app=~\".+\"} | detected_level=\"error\"' --tail"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class QueryLogsCommand implements Callable<Integer> {
  private static final long SECOND = 1_000_000_000L;
  private static final int PAGE_DEFAULT = 1000;

  @Parameters(paramLabel = "EXPR", description = "The query.")
  private String expression = "";

  @Mixin private TimeOptions time = new TimeOptions();

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "100",
      description = "At most this many lines; 0 for all. Default: ${DEFAULT-VALUE}")
  private long limit;

  @Option(names = "--forward", description = "The oldest first.")
  private boolean forward;

  @Option(
      names = "--tail",
      description = "Show the last lines and then those that come, until interrupted.")
  private boolean tail;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      defaultValue = "default",
      description = "default, raw or jsonl. Default: ${DEFAULT-VALUE}")
  private LogPrinter.Output output = LogPrinter.Output.DEFAULT;

  @Mixin private ServerOptions server = new ServerOptions();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return server.run(
        spec,
        (api, out, err) -> {
          if (limit < 0) {
            throw new IllegalArgumentException("--limit must be 0 or more");
          }
          LogPrinter printer = new LogPrinter(out, output, Colour.wanted());
          if (tail) {
            follow(api, printer, out, err);
          } else {
            read(api, printer);
          }
        });
  }

  private void read(Api api, LogPrinter printer) {
    TimeOptions.Range range = time.range();
    int page =
        (int)
            api.get("/loki/api/v1/drilldown-limits")
                .at("limits")
                .at("max_entries_limit_per_query")
                .integer();
    new LogPages(
            api,
            expression,
            nanos(range.start()),
            nanos(range.end()),
            forward,
            page > 0 ? page : PAGE_DEFAULT)
        .read(limit, printer::print);
  }

  private void follow(Api api, LogPrinter printer, PrintWriter out, PrintWriter err) {
    String[] parameters = {"query", expression, "limit", Long.toString(Math.max(1, limit))};
    long[] leftOut = new long[1];
    api.follow(
        "/loki/api/v1/tail",
        message -> {
          LogLine.of(message.at("streams")).stream()
              .sorted(Comparator.comparingLong(LogLine::nanos))
              .forEach(printer::print);
          int dropped = message.at("dropped_entries").list().size();
          if (dropped > 0) {
            err.println("trilith: too slow, at least " + dropped + " lines were left out");
            leftOut[0] += dropped;
          }
          out.flush();
        },
        parameters);
    if (leftOut[0] > 0) {
      throw new ServerOptions.IncompleteException(
          "at least " + leftOut[0] + " lines were left out");
    }
  }

  private static long nanos(Instant time) {
    return Math.addExact(Math.multiplyExact(time.getEpochSecond(), SECOND), time.getNano());
  }
}
