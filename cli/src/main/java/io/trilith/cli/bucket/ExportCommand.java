package io.trilith.cli.bucket;

import io.trilith.cli.client.Api;
import io.trilith.logstore.StreamReader;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.tracestore.SpanReader;
import io.trilith.tsdb.SeriesReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Writes a tenant's data in a form that others read. */
@Command(
    name = "export",
    description = "Write data as OpenMetrics text, JSON lines or OTLP JSON lines.",
    footer = {
      "",
      "metrics: OpenMetrics text by metric, without native histograms and stale markers, which it"
          + " cannot say.",
      "logs: a JSON object a line, by stream, with the fields of `logcli -o jsonl`; metadata where"
          + " there is some.",
      "traces: an OTLP/JSON request a line, a whole trace each.",
      "Blocks are read. A server that owns the directory is told to flush first; without one, what"
          + " is still in the",
      "log only is told about and left out.",
      "Blocks are checked before anything is written: damaged and lost ones are named, and then"
          + " nothing is, unless",
      "--skip-damaged leaves them out. FILE has its name when it is whole; until then it is"
          + " FILE.partial.",
      "Status: 0 written, 1 a block is damaged, the bucket or the server failed, 2 a wrong call.",
      "",
      "  trilith export --signal logs --selector '{app=\"web\"}' --from 2d --file web.jsonl"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class ExportCommand implements Callable<Integer> {
  @Option(
      names = "--signal",
      required = true,
      paramLabel = "SIGNAL",
      description = "metrics, logs or traces.")
  private Signal signal = Signal.METRICS;

  @Option(
      names = "--tenant",
      paramLabel = "ID",
      defaultValue = "${env:TRILITH_TENANT:-anonymous}",
      description = "Whose; or TRILITH_TENANT. Default: ${DEFAULT-VALUE}")
  private String tenant = TenantId.ANONYMOUS.value();

  @Mixin private ExportOptions options = new ExportOptions();

  @Option(names = "--file", paramLabel = "FILE", description = "Write there. Default: stdout")
  private @Nullable Path file;

  @Mixin private DamagedBlocks damaged = new DamagedBlocks();
  @Mixin private BucketOptions bucket = new BucketOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return bucket.look(
        spec,
        (opened, out, err) -> {
          if (opened.isServed()) {
            try (Api api = bucket.api(opened.config(), "")) {
              String _ = api.post("/admin/flush", "text/plain", "", new byte[0]);
            }
          } else {
            tellOfLog(opened.config().storage().dataDir().resolve("log"), err);
          }
          TenantId id = new TenantId(tenant);
          CatalogState state = opened.state();
          ExportOptions.Wanted wanted = options.wanted(signal, Long.MAX_VALUE);
          List<BlockEntry> blocks =
              state.blocks(signal, id).stream()
                  .filter(one -> one.minTime() <= wanted.max() && one.maxTime() >= wanted.min())
                  .toList();
          Bucket.refuseHidden(state, blocks);
          boolean all =
              damaged.read(
                  blocks, opened::state, one -> DamagedBlocks.check(opened.objects(), one));
          if (!all) {
            throw new VerbException("blocks were merged or expired meanwhile; export again");
          }
          damaged.tell(err, "nothing was written");
          List<BlockEntry> readable =
              blocks.stream().filter(one -> !damaged.ids().contains(one.id())).toList();
          long items = write(opened, id, readable, wanted, out, err);
          err.println(
              "trilith: exported "
                  + items
                  + " "
                  + signal.items()
                  + (damaged.isEmpty() ? "" : "; it is incomplete, blocks were left out"));
          return damaged.status();
        });
  }

  private static void tellOfLog(Path log, PrintWriter err) {
    try (Stream<Path> files = Files.isDirectory(log) ? Files.list(log) : Stream.empty()) {
      long bytes = 0;
      for (Path one : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(one);
      }
      if (bytes > 0) {
        err.println(
            "trilith: the log of "
                + Shown.bytes(bytes)
                + " may have records that are in no block and are left out; start the server and"
                + " export while it runs to have them");
      }
    } catch (IOException e) {
      err.println("trilith: cannot look into " + log + ": " + e.getMessage());
    }
  }

  private long write(
      Bucket opened,
      TenantId id,
      List<BlockEntry> blocks,
      ExportOptions.Wanted wanted,
      PrintWriter out,
      PrintWriter err) {
    try {
      if (file == null) {
        return write(BlockStores.of(opened, blocks), id, wanted, out, err);
      }
      // What is no file, as /dev/null, has no other name.
      boolean named = !Files.exists(file) || Files.isRegularFile(file);
      Path until = named ? file.resolveSibling(file.getFileName() + ".partial") : file;
      long items;
      try (BufferedWriter text = Files.newBufferedWriter(until);
          PrintWriter to = new PrintWriter(text)) {
        items = write(BlockStores.of(opened, blocks), id, wanted, to, err);
        if (to.checkError()) {
          throw new IOException("not all of it could be written; is there space?");
        }
      }
      if (named) {
        Files.move(until, file, StandardCopyOption.REPLACE_EXISTING);
      }
      return items;
    } catch (StorageException.Missing e) {
      throw new VerbException(
          e.getMessage() + ": it was merged or expired meanwhile; export again", e);
    } catch (IOException e) {
      throw new VerbException("cannot write '" + file + "': " + e.getMessage(), e);
    }
  }

  private long write(
      BlockStores stores,
      TenantId id,
      ExportOptions.Wanted wanted,
      PrintWriter out,
      PrintWriter err) {
    return switch (signal) {
      case METRICS -> {
        try (SeriesReader reader = stores.metrics(id)) {
          MetricExport export = new MetricExport(reader, wanted, out);
          long items = export.run();
          export.tellLeftOut(err);
          yield items;
        }
      }
      case LOGS -> {
        try (StreamReader reader = stores.logs(id)) {
          yield new LogExport(reader, wanted, out).run(true);
        }
      }
      case TRACES -> {
        try (SpanReader reader = stores.traces(id)) {
          yield new TraceExport(reader, wanted, out).run(true);
        }
      }
    };
  }
}
