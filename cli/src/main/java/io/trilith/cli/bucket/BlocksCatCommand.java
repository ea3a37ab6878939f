package io.trilith.cli.bucket;

import io.trilith.logstore.StreamReader;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.tracestore.SpanReader;
import io.trilith.tsdb.SeriesReader;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows what is in a block. */
@Command(
    name = "cat",
    description = "Show the samples, entries or spans of a block.",
    footer = {
      "",
      "Samples as OpenMetrics text; with -o json entries as JSON lines and traces as OTLP JSON"
          + " lines.",
      "Status: 0 shown, 1 there is no such block or it is damaged, 2 a wrong call."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BlocksCatCommand implements Callable<Integer> {
  @Parameters(paramLabel = "ID", description = "The block, or how its id begins.")
  private String id = "";

  @Mixin private ExportOptions options = new ExportOptions();

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "0",
      description = "At most this many items; 0 for all. Default: ${DEFAULT-VALUE}")
  private long limit;

  @Mixin private OutputOption output = new OutputOption();
  @Mixin private BucketOptions bucket = new BucketOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return bucket.look(
        spec,
        (opened, out, err) -> {
          BlockEntry block = opened.block(opened.state(), id);
          ExportOptions.Wanted wanted =
              options.wanted(block.signal(), limit == 0 ? Long.MAX_VALUE : limit);
          write(BlockStores.of(opened, List.of(block)), block, wanted, out, err);
          return 0;
        });
  }

  private void write(
      BlockStores stores,
      BlockEntry block,
      ExportOptions.Wanted wanted,
      PrintWriter out,
      PrintWriter err) {
    switch (block.signal()) {
      case METRICS -> {
        try (SeriesReader reader = stores.metrics(block.tenant())) {
          MetricExport export = new MetricExport(reader, wanted, out);
          export.run();
          export.tellLeftOut(err);
        }
      }
      case LOGS -> {
        try (StreamReader reader = stores.logs(block.tenant())) {
          new LogExport(reader, wanted, out).run(output.isJson());
        }
      }
      case TRACES -> {
        try (SpanReader reader = stores.traces(block.tenant())) {
          new TraceExport(reader, wanted, out).run(output.isJson());
        }
      }
    }
  }
}
