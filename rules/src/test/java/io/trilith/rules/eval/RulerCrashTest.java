package io.trilith.rules.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.ByteSize;
import io.trilith.config.CacheConfig;
import io.trilith.config.HeadConfig;
import io.trilith.config.RetentionConfig;
import io.trilith.config.WalConfig;
import io.trilith.engine.Admission;
import io.trilith.logql.LogqlEngine;
import io.trilith.promql.PromqlEngine;
import io.trilith.rules.GroupKey;
import io.trilith.rules.Language;
import io.trilith.rules.QueryLanguages;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.file.RuleFileReader;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.log.LocalLog;
import io.trilith.storage.memory.MemoryShare;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.testing.Seeds;
import io.trilith.traceql.metrics.MetricsEngine;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import io.trilith.tsdb.StaleMarker;
import io.trilith.tsdb.store.MetricStore;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A group on a real log whose end is torn again and again, with the process away for a while each
 * time. In the end every tick has happened exactly once, at its time, and alerts took the course
 * that they take without.
 */
class RulerCrashTest {
  private static final TenantId TENANT = new TenantId("a");
  private static final ByteSize LARGE = ByteSize.parse("192MiB");
  private static final HeadConfig HEAD = new HeadConfig(LARGE, Duration.ofHours(2), LARGE, LARGE);
  private static final WalConfig WAL =
      new WalConfig(WalConfig.Sync.ALWAYS, Duration.ofSeconds(1), LARGE, LARGE, LARGE);
  private static final QueryLanguages LANGUAGES = new QueryLanguages(100);
  private static final String ALERT = "alert A{}";
  private static final int WAIT = 3;
  private static final int KEEP = 2;
  private static final String YAML =
      """
      name: g
      interval: 1s
      rules:
      - {record: r, expr: floor(vector(time()))}
      - {record: s, expr: r + 1}
      - {record: odd, expr: r % 7 < 3}
      - {alert: A, expr: s % 11 < 6, for: 3s, keep_firing_for: 2s}
      """;

  @TempDir Path directory;
  private final MemoryObjectStore objects = new MemoryObjectStore();
  private final SplittableRandom random = Seeds.random("RulerCrashTest");
  private final SplittableRandom ids = random.split();
  private Instant now = Instant.parse("2026-11-21T00:00:00Z");
  private final InstantSource clock = () -> now;
  private final List<Alert> sent = new ArrayList<>();

  /** One life of the process. */
  private final class Life {
    private final LocalLog wal = new LocalLog(directory, WAL, 0);
    private final MetricStore store =
        new MetricStore(
            wal,
            objects,
            new HeadBudget(HEAD),
            new DataAge(
                new RetentionConfig(Duration.ZERO, Duration.ofHours(1), Duration.ZERO), clock),
            new CacheConfig(ByteSize.parse("1MiB")),
            clock,
            () -> BlockId.create(clock, ids));
    private final RuleStates states = new RuleStates(objects, clock);
    private final GroupRun run;

    Life() {
      wal.read(
          0,
          (offset, _, tenant, payload) -> {
            states.replay(offset, tenant, payload);
            store.replay(offset, tenant, payload);
          });
      states.writesTo(wal::next);
      RuleGroup group =
          new RuleFileReader(LANGUAGES).group(YAML, Language.PROMQL).groups().getFirst();
      Admission.Limits limits =
          new Admission.Limits(2, 1_000_000, 1_000_000, 1 << 30, Duration.ofMinutes(1));
      LanguageEngines engines =
          new LanguageEngines(
              new PromqlEngine(100, 300_000, 60_000),
              new LogqlEngine(100, 1000),
              new MetricsEngine.Limits(1000, 0, 1000, 1000));
      run =
          new GroupRun(
              new GroupKey(TENANT, GroupKey.Source.FILE, "f", "g"),
              group,
              new GroupRun.Surroundings(
                  clock,
                  engines,
                  LANGUAGES,
                  new TickQueries.Readers(
                      store::reader,
                      _ -> {
                        throw new IllegalStateException();
                      },
                      _ -> {
                        throw new IllegalStateException();
                      }),
                  new Admission(limits, MemoryShare.unlimited(), clock),
                  store,
                  states,
                  new RuleMetrics(new PrometheusRegistry()),
                  new RuleTick.Setting(Map.of(), ""),
                  (_, _, alerts, _) -> sent.addAll(alerts),
                  new GroupRun.Times(60_000, 0, 3_600_000, 5_000),
                  () -> true,
                  (_, _) -> false));
    }

    /** Evaluates what is due. */
    void catchUp() throws InterruptedException {
      long wait = run.step();
      while (wait == 0) {
        wait = run.step();
      }
    }
  }

  private static Path newest(Path log) throws IOException {
    try (Stream<Path> files = Files.list(log)) {
      return files
          .filter(file -> file.toString().endsWith(".log"))
          .max(Path::compareTo)
          .orElse(log);
    }
  }

  private static long written(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] == 0) {
      end--;
    }
    return end;
  }

  /** Cuts some of what this life has written off the log. */
  private void tear(Path before) throws IOException {
    Path file = newest(directory);
    if (file.equals(before)) {
      return;
    }
    long end = written(file);
    long cut = random.nextLong(Math.min(400, end));
    try (RandomAccessFile torn = new RandomAccessFile(file.toFile(), "rw")) {
      torn.setLength(end - cut);
    }
  }

  @Test
  void everyTickHappensOnceAndAlertsTakeTheirCourse() throws Exception {
    for (int life = 0; life < Seeds.iterations(25); life++) {
      Path before = newest(directory);
      Life one = new Life();
      boolean state = random.nextInt(3) == 0;
      for (int tick = random.nextInt(1, 12); tick > 0; tick--) {
        now = now.plusMillis(random.nextInt(200, 1500));
        one.catchUp();
        if (state && random.nextInt(4) == 0) {
          one.states.write();
        }
      }
      if (life == 0 || state) {
        // What an object has was durable before.
        one.states.write();
      } else {
        tear(before);
      }
      now = now.plusMillis(random.nextInt(10_000));
    }
    Life last = new Life();
    last.catchUp();
    check(last);
  }

  private void check(Life life) {
    try (SeriesReader reader = life.store.reader(TENANT)) {
      TreeMap<Long, Double> r = samples(reader, "r", "");
      TreeMap<Long, Double> s = samples(reader, "s", "");
      assertThat(r.size()).isGreaterThan(20);
      long expected = r.firstKey();
      boolean[] holds = new boolean[r.size()];
      int step = 0;
      for (Map.Entry<Long, Double> sample : r.entrySet()) {
        assertThat(sample.getKey()).isEqualTo(expected);
        assertThat(sample.getValue()).isEqualTo(Math.floor(expected / 1000.0));
        assertThat(s).containsEntry(expected, sample.getValue() + 1);
        holds[step++] = (sample.getValue() + 1) % 11 < 6;
        expected += 1000;
      }
      assertThat(life.run.report().rules().getFirst().alerts()).isEmpty();
      alerts(reader, life, r.firstKey(), holds);
    }
  }

  /** The course of the alert, by definition, beside what is stored and known. */
  private static void alerts(SeriesReader reader, Life life, long first, boolean[] holds) {
    TreeMap<Long, Double> pending = samples(reader, "ALERTS", "pending");
    TreeMap<Long, Double> firing = samples(reader, "ALERTS", "firing");
    TreeMap<Long, Double> since = samples(reader, "ALERTS_FOR_STATE", "");
    int active = -1;
    int quiet = -1;
    boolean fires = false;
    for (int i = 0; i < holds.length; i++) {
      long time = first + i * 1000L;
      if (holds[i]) {
        active = active < 0 ? i : active;
        quiet = -1;
        fires |= i - active >= WAIT;
      } else if (fires) {
        quiet = quiet < 0 ? i : quiet;
        fires = i - quiet < KEEP;
        active = fires ? active : -1;
        quiet = fires ? quiet : -1;
      } else {
        active = -1;
      }
      boolean waits = active >= 0 && !fires;
      assertThat(has(pending, time)).as("pending at %s", time).isEqualTo(waits);
      assertThat(has(firing, time)).as("firing at %s", time).isEqualTo(fires);
      if (active >= 0) {
        assertThat(since).containsEntry(time, (double) Math.floorDiv(first + active * 1000L, 1000));
      }
    }
    List<Alert> known = life.run.report().rules().getLast().alerts();
    assertThat(known).hasSize(active < 0 ? 0 : 1);
    if (active >= 0) {
      assertThat(known.getFirst().activeAt()).isEqualTo(first + active * 1000L);
    }
  }

  private static boolean has(TreeMap<Long, Double> samples, long time) {
    Double value = samples.get(time);
    return value != null && !StaleMarker.is(value);
  }

  private static TreeMap<Long, Double> samples(SeriesReader reader, String name, String state) {
    List<Matcher> matchers =
        List.of(Matcher.equal(Labels.NAME, name), Matcher.equal("alertstate", state));
    SeriesSet found = reader.select(matchers, Long.MIN_VALUE, Long.MAX_VALUE);
    TreeMap<Long, Double> all = new TreeMap<>();
    SampleBuffer samples = new SampleBuffer();
    for (int i = 0; i < found.size(); i++) {
      found.read(i, Long.MIN_VALUE, Long.MAX_VALUE, samples);
      for (int j = 0; j < samples.size(); j++) {
        all.put(samples.timestamps()[j], samples.values()[j]);
      }
    }
    return all;
  }

  @Test
  void afterEachTickANewProcessKnowsTheSameAlerts() throws Exception {
    Life one = new Life();
    one.catchUp();
    for (int tick = 0; tick < 30; tick++) {
      now = now.plusSeconds(1);
      one.catchUp();
      Map<Labels, Alert> known = one.states.state(one.run.key()).alerts(ALERT);
      Life two = new Life();
      Map<Labels, Alert> read = two.states.state(two.run.key()).alerts(ALERT);
      assertThat(read.keySet()).isEqualTo(known.keySet());
      known.forEach(
          (labels, alert) ->
              assertThat(alert.sameCourse(Objects.requireNonNull(read.get(labels)))).isTrue());
      one = two;
    }
    assertThat(sent).extracting(Alert::state).contains(Alert.State.FIRING, Alert.State.INACTIVE);
  }
}
