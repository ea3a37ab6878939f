package io.trilith.bench;

import io.trilith.config.ByteSize;
import io.trilith.config.CacheConfig;
import io.trilith.config.HeadConfig;
import io.trilith.config.RetentionConfig;
import io.trilith.config.WalConfig;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.Flushable;
import io.trilith.storage.flush.Flusher;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.log.LocalLog;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectStore;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import io.trilith.tsdb.store.MetricStore;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.ToIntFunction;

/**
 * What questions to a tenant with many series cost in CPU time: blocks of equal series and a head.
 * Arguments: series (100000), blocks (4), rounds (15).
 */
public final class StoreReads {
  private static final TenantId TENANT = new TenantId("bench");
  private static final long START = 1_700_000_000_000L;
  private static final int METRICS = 100;
  private static final int SCRAPES = 4;
  private static final int SCRAPE_MILLIS = 15_000;
  private static final ByteSize LARGE = ByteSize.parse("8GiB");

  private final PrintStream out = System.out;
  private final int seriesCount;
  private final int blocks;
  private final int rounds;
  private final MetricStore store;
  private final Flusher flusher;
  private long end;

  private StoreReads(int seriesCount, int blocks, int rounds, Path directory) {
    this.seriesCount = seriesCount;
    this.blocks = blocks;
    this.rounds = rounds;
    InstantSource clock = InstantSource.fixed(Instant.ofEpochMilli(START).plusSeconds(86_400));
    SplittableRandom random = new SplittableRandom(1);
    ObjectStore objects = new MemoryObjectStore();
    WalConfig log =
        new WalConfig(WalConfig.Sync.INTERVAL, Duration.ofSeconds(1), LARGE, LARGE, LARGE);
    HeadConfig head = new HeadConfig(LARGE, Duration.ofDays(9), LARGE, LARGE);
    Catalog catalog = new Catalog(objects, clock, random.split());
    LocalLog wal = new LocalLog(directory, log, 0);
    DataAge age =
        new DataAge(new RetentionConfig(Duration.ZERO, Duration.ofHours(1), Duration.ZERO), clock);
    store =
        new MetricStore(
            wal,
            objects,
            new HeadBudget(head),
            age,
            new CacheConfig(ByteSize.parse("1GiB")),
            clock,
            () -> BlockId.create(clock, random));
    flusher =
        new Flusher(head, log, wal, catalog, clock, () -> List.<Flushable>copyOf(store.heads()));
    flusher.replayed();
  }

  /** Runs it. */
  public static void main(String[] arguments) throws IOException {
    int[] given = {100_000, 4, 15};
    for (int i = 0; i < arguments.length; i++) {
      given[i] = Integer.parseInt(arguments[i]);
    }
    Path directory = Files.createTempDirectory("store-reads");
    StoreReads bench = new StoreReads(given[0], given[1], given[2], directory);
    bench.fill();
    bench.ask();
    System.exit(0);
  }

  /** Series as a scrape has them: pods with the same metrics one after the other. */
  private Labels labels(int number) {
    int pod = number / METRICS;
    int metric = number % METRICS;
    return Labels.of(
        Labels.NAME,
        "app_metric_%02d_total".formatted(metric / 4),
        "cluster",
        "eu-west-1-production",
        "instance",
        "10.1." + pod / 250 + "." + pod % 250 + ":8080",
        "job",
        "service-" + pod % 20,
        "method",
        metric % 2 == 0 ? "GET" : "POST",
        "namespace",
        "shop-" + pod % 5,
        "pod",
        "service-" + pod % 20 + "-7d9f8b6c5-" + pod,
        "route",
        "/api/v1/route/" + metric,
        "status_code",
        metric % 4 < 2 ? "500" : "200");
  }

  private void fill() {
    Labels[] all = new Labels[seriesCount];
    Arrays.setAll(all, this::labels);
    long time = START;
    for (int part = 0; part <= blocks; part++) {
      for (int scrape = 0; scrape < SCRAPES; scrape++) {
        for (int from = 0; from < seriesCount; from += 10_000) {
          MetricBatch batch = new MetricBatch();
          for (int i = from; i < Math.min(seriesCount, from + 10_000); i++) {
            batch.addSample(batch.addSeries(all[i]), time, 0, i % 97 + scrape);
          }
          store.append(TENANT, batch);
        }
        end = time;
        time += SCRAPE_MILLIS;
      }
      if (part < blocks) {
        flusher.flushAll();
      }
    }
  }

  private void ask() {
    List<Matcher> everything = List.of(Matcher.of(Labels.NAME, Matcher.Op.MATCH, ".+"));
    List<Matcher> metric = List.of(Matcher.equal(Labels.NAME, "app_metric_07_total"));
    List<Matcher> pod = List.of(Matcher.equal("pod", "service-7-7d9f8b6c5-27"));
    List<Matcher> jobs = List.of(Matcher.of("job", Matcher.Op.MATCH, "service-1.*"));
    long recent = end - SCRAPE_MILLIS;
    say(
        "series of all, head only, labels",
        reader -> labelsOf(reader.select(everything, recent, end)));
    say("series of all, all sources", reader -> reader.select(everything, START, end).size());
    say(
        "series of all, all sources, labels",
        reader -> labelsOf(reader.select(everything, START, end)));
    say(
        "samples of all, head only",
        reader -> samplesOf(reader.select(everything, recent, end), recent));
    say(
        "samples of all, all sources",
        reader -> samplesOf(reader.select(everything, START, end), START));
    say(
        "samples of a metric, all sources",
        reader -> samplesOf(reader.select(metric, START, end), START));
    say(
        "samples of a pod, all sources",
        reader -> samplesOf(reader.select(pod, START, end), START));
    say("label names", reader -> reader.labelNames(List.of(), START, end).size());
    say(
        "label names, matched by job",
        reader -> reader.labelNames(List.of(jobs), START, end).size());
    say(
        "label names, part of the time",
        reader -> reader.labelNames(List.of(), START + 1, end - 1).size());
    say("values of pod", reader -> reader.labelValues("pod", List.of(), START, end).size());
    say(
        "values of name, of a metric",
        reader -> reader.labelValues("pod", List.of(metric), START, end).size());
    say(
        "values of pod, matched by job",
        reader -> reader.labelValues("pod", List.of(jobs), START, end).size());
    say("series of a pod", reader -> reader.series(List.of(pod), START, end).size());
    say("series of a metric", reader -> reader.series(List.of(metric), START, end).size());
  }

  private static int labelsOf(SeriesSet set) {
    int size = 0;
    for (int i = 0; i < set.size(); i++) {
      size += set.labels(i).size();
    }
    return size;
  }

  private int samplesOf(SeriesSet set, long from) {
    SampleBuffer buffer = new SampleBuffer();
    int size = 0;
    for (int i = 0; i < set.size(); i++) {
      set.read(i, from, end, buffer);
      size += buffer.size() + set.labels(i).size();
    }
    return size;
  }

  private void say(String what, ToIntFunction<SeriesReader> question) {
    double[] millis = new double[rounds];
    int answer = 0;
    for (int round = 0; round < rounds; round++) {
      long begin = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      try (SeriesReader reader = store.reader(TENANT)) {
        answer = question.applyAsInt(reader);
      }
      millis[round] = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begin) / 1e6;
    }
    double first = millis[0];
    Arrays.sort(millis);
    out.printf(
        Locale.ROOT,
        "%-36s answer %9d   first %9.2f   median %9.2f   best %9.2f ms CPU%n",
        what,
        answer,
        first,
        millis[rounds / 2],
        millis[0]);
  }
}
