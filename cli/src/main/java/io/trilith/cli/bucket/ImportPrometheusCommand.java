package io.trilith.cli.bucket;

import io.trilith.cli.prometheus.TsdbBlock;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Imports blocks of Prometheus' TSDB. */
@Command(
    name = "prometheus",
    description = "Import the blocks of a data directory or snapshot of Prometheus.",
    footer = {
      "",
      "Floats and native histograms, without what tombstones delete. What is still in wal/ is in no"
          + " block: take a",
      "snapshot first (POST /api/v1/admin/tsdb/snapshot) and import that.",
      "Repeating an import changes nothing: equal samples are one. Data older than"
          + " retention.default is hidden.",
      "Status: 0 imported, 1 a block is damaged or the bucket failed, 2 a wrong call."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ImportPrometheusCommand implements Callable<Integer> {
  private static final long DAY = Duration.ofDays(1).toMillis();

  @Parameters(paramLabel = "DIR", description = "The directory; a single block will do.")
  private Path directory = Path.of("");

  @Mixin private ImportOptions options = new ImportOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return options.run(spec, "samples", this::read);
  }

  private long read(ImportTarget target, ImportTally tally, PrintWriter err) {
    if (!Files.isDirectory(directory)) {
      throw new VerbException("'" + directory + "' is no directory");
    }
    List<Path> blocks = TsdbBlock.find(directory);
    if (blocks.isEmpty()) {
      throw new VerbException(
          "'" + directory + "' has no blocks of Prometheus (directories with meta.json and index)");
    }
    if (Files.isDirectory(directory.resolve("wal"))) {
      err.println(
          "trilith: what is only in '"
              + directory.resolve("wal")
              + "' is not imported; a snapshot has it");
    }
    long bytes = 0;
    for (Path block : blocks) {
      try (TsdbBlock opened = TsdbBlock.open(block)) {
        bytes += opened.bytes();
      }
    }
    long samples = 0;
    try (Progress progress = new Progress(err, "blocks", blocks.size(), bytes)) {
      for (Path block : blocks) {
        try (TsdbBlock opened = TsdbBlock.open(block)) {
          samples += read(opened, target);
          progress.bytes(opened.bytes());
          progress.item();
        }
      }
    }
    return samples;
  }

  /** A block of ours for each day: larger ones would never be merged with others. */
  private static long read(TsdbBlock block, ImportTarget target) {
    long samples = 0;
    long first = Math.floorDiv(block.meta().minTime(), DAY);
    long last = Math.floorDiv(Math.max(block.meta().minTime(), block.meta().maxTime() - 1), DAY);
    for (long day = first; day <= last; day++) {
      List<Integer> places = block.places();
      while (!places.isEmpty()) {
        List<Integer> later = new ArrayList<>();
        long min = day == first ? Long.MIN_VALUE : day * DAY;
        long max = day == last ? Long.MAX_VALUE : (day + 1) * DAY - 1;
        samples += target.metrics(block.cursor(places, min, max, later), Map.of());
        places = later;
      }
    }
    return samples;
  }
}
