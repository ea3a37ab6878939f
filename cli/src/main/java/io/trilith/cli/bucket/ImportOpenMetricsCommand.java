package io.trilith.cli.bucket;

import io.trilith.cli.prometheus.OpenMetricsReader;
import io.trilith.storage.error.InvalidRequestException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Imports OpenMetrics text. */
@Command(
    name = "openmetrics",
    description = "Import OpenMetrics text, each sample with its time.",
    footer = {
      "",
      "What `trilith export --signal metrics` and `promtool tsdb dump-openmetrics` write. Samples"
          + " in any order.",
      "Exemplars are left out. Repeating an import changes nothing: equal samples are one.",
      "Samples that retention refuses are skipped and counted.",
      "Status: 0 imported, 1 the bucket failed, or something was left out that is not too old, 2 a"
          + " line is wrong",
      "(what came before it stays) or a wrong call."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ImportOpenMetricsCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "The file; - for stdin.")
  private Path file = Path.of("-");

  @Mixin private ImportOptions options = new ImportOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return options.run(spec, "samples", this::read);
  }

  private long read(ImportTarget target, ImportTally tally, PrintWriter err) throws IOException {
    DayBuffer buffer = new DayBuffer();
    long samples = 0;
    try (InputStream in = ImportOptions.open(file);
        Progress progress = new Progress(err, "samples", 0, ImportOptions.size(file))) {
      OpenMetricsReader reader = new OpenMetricsReader(file.toString(), in);
      long bytes = 0;
      while (next(reader, tally, buffer, target)) {
        samples++;
        if (tally.takes(reader.line(), reader.millis())) {
          buffer.add(reader.labels(), reader.millis(), reader.value());
        }
        if (buffer.isFull()) {
          buffer.drain(target, reader.metadata());
          tally.done(reader.line());
        }
        if (samples % 10_000 == 0) {
          progress.bytes(reader.bytes() - bytes);
          bytes = reader.bytes();
        }
      }
      buffer.drain(target, reader.metadata());
    }
    return samples;
  }

  /** What came before a line that ends the import stays. */
  private static boolean next(
      OpenMetricsReader reader, ImportTally tally, DayBuffer buffer, ImportTarget target)
      throws IOException {
    while (true) {
      try {
        return reader.next();
      } catch (InvalidRequestException e) {
        try {
          tally.badLine(e);
        } catch (InvalidRequestException end) {
          buffer.drain(target, reader.metadata());
          tally.finish("samples");
          throw end;
        }
      }
    }
  }
}
