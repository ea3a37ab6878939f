package io.trilith.cli.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.cli.TestServer;
import io.trilith.config.ConfigReader;
import io.trilith.config.TrilithConfig;
import io.trilith.logstore.StreamReader;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.tracestore.SpanReader;
import io.trilith.tsdb.SeriesReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several compactors with catalogs of their own on one bucket, and queries all the time. */
class TwoCompactorsTest {
  private static final TenantId TENANT = new TenantId("a");
  private static final ExportOptions.Wanted ALL =
      new ExportOptions.Wanted("", Long.MIN_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);

  @TempDir Path directory;

  private TrilithConfig config() {
    List<String> sets = List.of("storage.data-dir=" + directory, "retention.default=0");
    return new ConfigReader(Map.of()).read(null, sets);
  }

  /** Everything there is; read anew from the catalog when a block was merged away meanwhile. */
  private String answers() {
    while (true) {
      StringWriter text = new StringWriter();
      try (Bucket bucket = Bucket.toRead(config(), InstantSource.system());
          PrintWriter out = new PrintWriter(text)) {
        BlockStores stores = BlockStores.of(bucket, bucket.state().blocks().values());
        try (SeriesReader metrics = stores.metrics(TENANT);
            StreamReader logs = stores.logs(TENANT);
            SpanReader traces = stores.traces(TENANT)) {
          new MetricExport(metrics, ALL, out).run();
          new LogExport(logs, ALL, out).run(true);
          new TraceExport(traces, ALL, out).run(true);
        }
        return text.toString();
      } catch (StorageException.Missing e) {
        assertThat(e.getMessage()).contains(".block");
      }
    }
  }

  private int compact() {
    AtomicInteger merges = new AtomicInteger();
    try (Bucket bucket = Bucket.toRead(config(), InstantSource.system())) {
      Catalog catalog = bucket.catalog();
      CatalogState state = catalog.state();
      BlockStores stores = new BlockStores(bucket, state, BlockStores.EVERYTHING);
      for (Signal signal : Signal.values()) {
        stores.merge(signal, catalog).compact(_ -> true, _ -> merges.incrementAndGet());
      }
    }
    return merges.get();
  }

  @Test
  void severalCompactorsOnOneBucketChangeNoAnswer() throws Exception {
    TestServer.fill(directory, 12);
    String before = answers();
    assertThat(before).contains("requests_total", "order 7", "resourceSpans");
    AtomicBoolean done = new AtomicBoolean();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      Future<Integer> queries =
          threads.submit(
              () -> {
                int asked = 0;
                do {
                  assertThat(answers()).isEqualTo(before);
                  asked++;
                } while (!done.get());
                return asked;
              });
      List<Future<Integer>> compactors = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        compactors.add(threads.submit(this::compact));
      }
      int merges = 0;
      for (Future<Integer> compactor : compactors) {
        merges += compactor.get();
      }
      done.set(true);
      assertThat(merges).isPositive();
      assertThat(queries.get()).isPositive();
    }
    assertThat(answers()).isEqualTo(before);
    assertThat(TestServer.run("blocks", "verify", "--deep", "--data-dir", directory.toString()))
        .isZero();
  }
}
