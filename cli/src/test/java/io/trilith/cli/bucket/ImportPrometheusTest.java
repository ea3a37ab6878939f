package io.trilith.cli.bucket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.trilith.cli.TestServer;
import io.trilith.cli.client.Api;
import io.trilith.cli.client.ApiException;
import io.trilith.cli.prometheus.TsdbBlock;
import io.trilith.config.ConfigReader;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.TenantId;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import io.trilith.tsdb.block.SeriesCursor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A TSDB that a real Prometheus wrote, read back by our own reader, series by series. */
class ImportPrometheusTest {
  private static final ImportTally TALLY =
      new ImportTally(
          new java.io.PrintWriter(java.io.Writer.nullWriter()),
          false,
          null,
          Long.MIN_VALUE,
          Long.MAX_VALUE);

  @TempDir Path directory;

  /** Series with their samples, as they were sent. */
  private final TreeMap<Labels, SampleBuffer> sent = new TreeMap<>();

  private final long start = Instant.now().minus(Duration.ofMinutes(50)).toEpochMilli();

  private void build(SplittableRandom random, boolean histograms) {
    for (int series = 0; series < 40; series++) {
      SampleBuffer samples = new SampleBuffer();
      for (int i = 0; i < 300; i++) {
        long time = start + i * 5_000L + (series % 3 == 0 ? random.nextInt(400) : 0);
        double value =
            switch (series % 5) {
              case 0 -> i * 3.0;
              case 1 -> random.nextDouble() * 1e9;
              case 2 -> 42;
              case 3 -> i % 50 == 20 ? Double.longBitsToDouble(0x7ff0000000000002L) : Math.sin(i);
              default -> i % 7 == 0 ? Double.NEGATIVE_INFINITY : -i / 8.0;
            };
        samples.add(time, value);
      }
      sent.put(Labels.of("__name__", "float_" + series % 4, "n", "v" + series), samples);
    }
    if (histograms) {
      for (int series = 0; series < 6; series++) {
        sent.put(Labels.of("__name__", "hist", "n", "h" + series), histograms(series, random));
      }
    }
  }

  private SampleBuffer histograms(int series, SplittableRandom random) {
    SampleBuffer samples = new SampleBuffer();
    double[] up = new double[4];
    double[] down = new double[2];
    for (int i = 0; i < 150; i++) {
      for (int b = 0; b < up.length; b++) {
        up[b] += random.nextInt(5);
      }
      down[i % 2] += 1;
      boolean integer = series % 2 == 0;
      double scale = integer ? 1 : 0.25;
      double[] positive = Stream.of(0, 1, 2, 3).mapToDouble(b -> up[b] * scale).toArray();
      double[] negative = Stream.of(0, 1).mapToDouble(b -> down[b] * scale).toArray();
      double count = 2;
      for (double one : positive) {
        count += one;
      }
      for (double one : negative) {
        count += one;
      }
      samples.add(
          start + i * 10_000L,
          new NativeHistogram(
              3,
              series == 4 ? NativeHistogram.ResetHint.GAUGE : NativeHistogram.ResetHint.UNKNOWN,
              integer,
              series == 1 ? 0.003 : 0x1p-128,
              2,
              count,
              i * 1.5,
              new int[] {-2, 3},
              new int[] {2, 2},
              positive,
              new int[] {1},
              new int[] {2},
              negative,
              new double[0]));
    }
    return samples;
  }

  private static SeriesCursor cursor(Map<Labels, SampleBuffer> of) {
    Iterator<Map.Entry<Labels, SampleBuffer>> all = of.entrySet().iterator();
    return new SeriesCursor() {
      private Map.Entry<Labels, SampleBuffer> at = Map.entry(Labels.EMPTY, new SampleBuffer());

      @Override
      public boolean next() {
        if (all.hasNext()) {
          at = all.next();
          return true;
        }
        return false;
      }

      @Override
      public Labels labels() {
        return at.getKey();
      }

      @Override
      public void read(SampleBuffer into) {
        into.clear();
        copy(at.getValue(), into);
      }
    };
  }

  private static void copy(SampleBuffer from, SampleBuffer into) {
    for (int i = 0; i < from.size(); i++) {
      NativeHistogram histogram = from.histogram(i);
      if (histogram == null) {
        into.add(from.timestamps()[i], from.values()[i]);
      } else {
        into.add(from.timestamps()[i], histogram);
      }
    }
  }

  /** A running Prometheus. */
  private record Prometheus(Process process, int port) implements AutoCloseable {
    static Prometheus start(Path program, Path data, Path config) throws IOException {
      int port;
      try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = free.getLocalPort();
      }
      Process process =
          new ProcessBuilder(
                  program.toString(),
                  "--config.file=" + config,
                  "--storage.tsdb.path=" + data,
                  "--web.listen-address=127.0.0.1:" + port,
                  "--web.enable-remote-write-receiver",
                  "--web.enable-admin-api",
                  "--enable-feature=native-histograms")
              .redirectErrorStream(true)
              .redirectOutput(config.resolveSibling("prometheus.log").toFile())
              .start();
      Prometheus running = new Prometheus(process, port);
      running.awaitReady();
      return running;
    }

    Api api() {
      return Api.local(port);
    }

    private void awaitReady() {
      for (int left = 600; ; left--) {
        try (Api api = api()) {
          api.get("/api/v1/status/buildinfo");
          return;
        } catch (ApiException e) {
          if (left == 0 || !process.isAlive()) {
            throw e;
          }
          LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
      }
    }

    @Override
    public void close() {
      process.destroy();
      try {
        process.waitFor(20, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Path snapshot(Path data, Api api) {
    String name = api.ask("/api/v1/admin/tsdb/snapshot").at("data").at("name").text();
    return data.resolve("snapshots").resolve(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/usr/bin/prometheus", "/tmp/prom3/x/usr/bin/prometheus"})
  void readsWhatPrometheusWroteAndGivesTheSameAnswers(String program) throws IOException {
    assumeTrue(Files.isExecutable(Path.of(program)), program + " is not there");
    build(Seeds.random("samples"), true);
    Path data = directory.resolve("prometheus");
    Path config = Files.writeString(directory.resolve("prometheus.yml"), "global: {}\n");
    Path bucket = directory.resolve("bucket");
    // Ranges are open on the left since Prometheus 3: these can be asked of that only.
    List<String> questions =
        program.contains("prom3")
            ? List.of(
                "{n=~\"v1.*\"}",
                "sum by (n) (rate({__name__=~\"float_.\"}[2m]))",
                "histogram_quantile(0.9, rate(hist[5m]))",
                "histogram_count(hist)",
                "count_over_time({n=~\"[vh].*\"}[10m])")
            : List.of("{n=~\"v1.*\"}", "max by (__name__) ({n=~\"v.*\"})", "histogram_sum(hist)");
    List<TreeMap<String, Double>> theirs = new ArrayList<>();
    try (Prometheus prometheus = Prometheus.start(Path.of(program), data, config);
        Api api = prometheus.api()) {
      new ServerTarget(api, "prometheus", TALLY).metrics(cursor(sent), Map.of());
      api.post(
          "/api/v1/admin/tsdb/delete_series?match[]=%7Bn%3D%22v7%22%7D".replace("[]", "%5B%5D"),
          "text/plain",
          "",
          new byte[0]);
      Path snapshot = snapshot(data, api);
      sent.remove(Labels.of("__name__", "float_3", "n", "v7"));
      assertThat(TsdbBlock.find(snapshot)).isNotEmpty();
      assertThat(run("import", "prometheus", snapshot.toString(), bucket)).isZero();
      assertThat(run("import", "prometheus", snapshot.toString(), bucket)).isZero();
      for (String question : questions) {
        theirs.add(values(ask(api, question)));
      }
    }
    assertSame(read(bucket));
    ours(bucket, questions, theirs);
  }

  private Api.Node ask(Api api, String question) {
    return api.ask(
            "/api/v1/query_range",
            "query",
            question,
            "start",
            Long.toString(start / 1000),
            "end",
            Long.toString(start / 1000 + 1600),
            "step",
            "30")
        .at("data")
        .at("result");
  }

  /** Values by series and time. */
  private static TreeMap<String, Double> values(Api.Node result) {
    TreeMap<String, Double> values = new TreeMap<>();
    for (Api.Node series : result.list()) {
      for (Api.Node point : series.at("values").list()) {
        values.put(
            new TreeMap<>(series.at("metric").texts()) + " " + point.at(0).text(),
            point.at(1).number());
      }
    }
    return values;
  }

  private void ours(Path bucket, List<String> questions, List<TreeMap<String, Double>> theirs) {
    TestServer.with(
        bucket,
        port -> {
          try (Api api = Api.local(port)) {
            for (int i = 0; i < questions.size(); i++) {
              TreeMap<String, Double> ours = values(ask(api, questions.get(i)));
              assertThat(ours.keySet()).as(questions.get(i)).isEqualTo(theirs.get(i).keySet());
              assertThat(ours).as(questions.get(i)).isNotEmpty();
              for (Map.Entry<String, Double> one : theirs.get(i).entrySet()) {
                // The samples are equal to the bit; sums of them may be rounded in another order.
                assertThat(ours.get(one.getKey()))
                    .as(questions.get(i) + one.getKey())
                    .isCloseTo(one.getValue(), Percentage.withPercentage(1e-9));
              }
            }
          }
        });
  }

  private static int run(String verb, String what, String from, Path bucket) {
    return TestServer.run(
        verb, what, from, "--data-dir", bucket.toString(), "--set", "retention.default=0");
  }

  private static TreeMap<Labels, SampleBuffer> read(Path directory) {
    TreeMap<Labels, SampleBuffer> all = new TreeMap<>();
    List<String> sets = List.of("storage.data-dir=" + directory, "retention.default=0");
    try (Bucket bucket =
            Bucket.toRead(new ConfigReader(Map.of()).read(null, sets), InstantSource.system());
        SeriesReader reader =
            BlockStores.of(bucket, bucket.state().blocks().values()).metrics(TenantId.ANONYMOUS)) {
      SeriesSet set = reader.select(List.of(), Long.MIN_VALUE, Long.MAX_VALUE);
      for (int i = 0; i < set.size(); i++) {
        SampleBuffer samples = new SampleBuffer();
        set.read(i, Long.MIN_VALUE, Long.MAX_VALUE, samples);
        all.put(set.labels(i), samples);
      }
    }
    return all;
  }

  private void assertSame(TreeMap<Labels, SampleBuffer> got) {
    assertThat(got.keySet()).isEqualTo(sent.keySet());
    got.forEach(
        (labels, samples) -> {
          SampleBuffer wanted = Objects.requireNonNull(sent.get(labels));
          assertThat(samples.size()).as("%s", labels).isEqualTo(wanted.size());
          for (int i = 0; i < samples.size(); i++) {
            assertThat(samples.timestamps()[i]).isEqualTo(wanted.timestamps()[i]);
            NativeHistogram histogram = samples.histogram(i);
            if (histogram == null) {
              assertThat(Double.doubleToRawLongBits(samples.values()[i]))
                  .as("%s at %d", labels, i)
                  .isEqualTo(Double.doubleToRawLongBits(wanted.values()[i]));
            } else {
              assertThat(withoutHint(histogram))
                  .as("%s at %d", labels, i)
                  .isEqualTo(withoutHint(Objects.requireNonNull(wanted.histogram(i))));
            }
          }
        });
  }

  /** Prometheus finds out itself whether there was a reset. */
  private static NativeHistogram withoutHint(NativeHistogram h) {
    return new NativeHistogram(
        h.schema(),
        NativeHistogram.ResetHint.UNKNOWN,
        h.integer(),
        h.zeroThreshold(),
        h.zeroCount(),
        h.count(),
        h.sum(),
        h.positiveOffsets(),
        h.positiveLengths(),
        h.positiveCounts(),
        h.negativeOffsets(),
        h.negativeLengths(),
        h.negativeCounts(),
        h.customBounds());
  }

  @Test
  void damageIsAnErrorThatNamesTheFileAndNeverAnythingElse() throws IOException {
    Path promtool = Path.of("/usr/bin/promtool");
    assumeTrue(Files.isExecutable(promtool), promtool + " is not there");
    StringBuilder text = new StringBuilder("# TYPE t gauge\n");
    for (int i = 0; i < 300; i++) {
      text.append("t{a=\"b").append(i % 7).append("\"} ").append(i * 0.37).append(' ');
      text.append(1_700_000_000 + i).append('\n');
    }
    Path file = Files.writeString(directory.resolve("t.om"), text.append("# EOF\n"));
    Path out = directory.resolve("out");
    try (var _ =
        new Waiting(
            new ProcessBuilder(
                    promtool.toString(),
                    "tsdb",
                    "create-blocks-from",
                    "openmetrics",
                    file.toString(),
                    out.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("promtool.log").toFile())
                .start())) {
      assertThat(out).exists();
    }
    Path block = TsdbBlock.find(out).getFirst();
    SplittableRandom random = Seeds.random("damage");
    Path chunks = block.resolve("chunks/000001");
    for (int round = 0; round < 400; round++) {
      Path damaged = random.nextBoolean() ? block.resolve("index") : chunks;
      byte[] whole = Files.readAllBytes(damaged);
      byte[] bytes = whole.clone();
      if (random.nextInt(4) == 0) {
        bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
      } else {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      Files.write(damaged, bytes);
      try (TsdbBlock opened = TsdbBlock.open(block)) {
        new CountingTarget()
            .metrics(
                opened.cursor(opened.places(), Long.MIN_VALUE, Long.MAX_VALUE, new ArrayList<>()),
                Map.of());
      } catch (StorageException e) {
        assertThat(e.getMessage()).contains(damaged.getFileName().toString());
      }
      Files.write(damaged, whole);
    }
  }

  /** Waits for a process at its close. */
  private record Waiting(Process process) implements AutoCloseable {
    Waiting {
      try {
        process.waitFor(60, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void close() {
      process.destroy();
    }
  }
}
