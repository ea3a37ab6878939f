package io.trilith.cli.bucket;

import io.trilith.cli.options.TimeArgument;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says what takes the room. */
@Command(
    name = "analyze",
    description = "Show what makes the data large: cardinality and bytes, from block indexes.",
    footer = {
      "",
      "metrics: series, samples and bytes of chunks by metric, label name and label pair.",
      "logs: entries and bytes by label pair, and the templates that most lines have.",
      "traces: spans by service and span name, bytes by column.",
      "A series that several blocks have counts once; bytes are those of all of them.",
      "Status: 0 shown, 1 the bucket cannot be read, 2 a wrong call.",
      "",
      "  trilith analyze --signal metrics --top 10"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class AnalyzeCommand implements Callable<Integer> {
  @Option(
      names = "--signal",
      required = true,
      paramLabel = "SIGNAL",
      description = "metrics, logs or traces.")
  private Signal signal = Signal.METRICS;

  @Option(names = "--tenant", paramLabel = "ID", description = "Only this tenant. Default: each")
  private @Nullable String tenant;

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "10",
      description = "At most this many of each kind, the largest first. Default: ${DEFAULT-VALUE}")
  private int top;

  @Option(
      names = "--from",
      paramLabel = "TIME",
      description = "Only what is at that time or later.")
  private @Nullable String from;

  @Option(
      names = "--to",
      paramLabel = "TIME",
      description = "Only what is at that time or earlier.")
  private @Nullable String to;

  @Mixin private OutputOption output = new OutputOption();
  @Mixin private BucketOptions bucket = new BucketOptions();
  @Spec private @Nullable CommandSpec spec;

  private final InstantSource clock = InstantSource.system();

  @Override
  public Integer call() {
    if (top < 1) {
      throw new picocli.CommandLine.ParameterException(
          Objects.requireNonNull(spec).commandLine(), "--top " + top + ": give 1 or more");
    }
    return bucket.look(spec, this::analyze);
  }

  private int analyze(Bucket opened, PrintWriter out, PrintWriter err) {
    long min = from == null ? Long.MIN_VALUE : signal.time(TimeArgument.parse(from, clock));
    long max = to == null ? Long.MAX_VALUE : signal.time(TimeArgument.parse(to, clock));
    Map<TenantId, List<BlockEntry>> tenants =
        opened.state().blocks().values().stream()
            .filter(block -> block.signal() == signal)
            .filter(block -> tenant == null || block.tenant().value().equals(tenant))
            .filter(block -> block.minTime() <= max && block.maxTime() >= min)
            .sorted(Comparator.comparingLong(BlockEntry::sequence))
            .collect(Collectors.groupingBy(BlockEntry::tenant, TreeMap::new, Collectors.toList()));
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    tenants.forEach(
        (id, blocks) -> {
          Analysis analysis = new Analysis(opened, signal, top, min, max);
          long bytes = MergePlan.bytes(blocks);
          try (Progress progress = new Progress(err, "blocks", blocks.size(), bytes)) {
            analysis.read(id, blocks, progress);
          }
          if (output.isJson()) {
            Map<String, @Nullable Object> one = new LinkedHashMap<>();
            analysis
                .tables()
                .forEach((name, table) -> one.put(name.replace(' ', '_'), table.maps()));
            all.put(id.value(), one);
          } else {
            out.println("tenant " + id + ", " + blocks.size() + " blocks, " + Shown.bytes(bytes));
            analysis
                .tables()
                .forEach(
                    (name, table) -> {
                      out.println("\n" + name);
                      table.table(out);
                    });
            out.println();
          }
        });
    if (output.isJson()) {
      Shown.json(all, out);
    }
    return 0;
  }
}
