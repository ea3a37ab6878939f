package io.trilith.rules.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import io.trilith.storage.error.InvalidRequestException;
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
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is made up for the past is what would have been made at the time. */
class BackfillTest {
  private static final TenantId TENANT = new TenantId("a");
  private static final ByteSize LARGE = ByteSize.parse("192MiB");
  private static final HeadConfig HEAD = new HeadConfig(LARGE, Duration.ofHours(2), LARGE, LARGE);
  private static final WalConfig WAL =
      new WalConfig(WalConfig.Sync.ALWAYS, Duration.ofSeconds(1), LARGE, LARGE, LARGE);
  private static final QueryLanguages LANGUAGES = new QueryLanguages(100);
  private static final GroupKey KEY = new GroupKey(TENANT, GroupKey.Source.FILE, "f", "g");
  private static final GroupKey SECOND = new GroupKey(TENANT, GroupKey.Source.FILE, "f", "h");
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
  private final SplittableRandom ids = Seeds.random("BackfillTest");
  private Instant now = Instant.parse("2026-11-21T00:00:00Z");
  private final InstantSource clock = () -> now;

  private static RuleGroup group(String yaml) {
    return new RuleFileReader(LANGUAGES).group(yaml, Language.PROMQL).groups().getFirst();
  }

  /** A store of its own and what groups are evaluated with. */
  private final class World {
    private final MemoryObjectStore objects = new MemoryObjectStore();
    private final LocalLog wal;
    private final MetricStore store;
    private final GroupRun.Surroundings around;

    World(String name) {
      wal = new LocalLog(directory.resolve(name), WAL, 0);
      store =
          new MetricStore(
              wal,
              objects,
              new HeadBudget(HEAD),
              new DataAge(
                  new RetentionConfig(Duration.ZERO, Duration.ofHours(1), Duration.ZERO), clock),
              new CacheConfig(ByteSize.parse("1MiB")),
              clock,
              () -> BlockId.create(clock, ids));
      wal.read(0, (offset, _, tenant, payload) -> store.replay(offset, tenant, payload));
      RuleStates states = new RuleStates(objects, clock);
      states.writesTo(wal::next);
      Admission.Limits limits =
          new Admission.Limits(2, 1_000_000, 1_000_000, 1 << 30, Duration.ofMinutes(1));
      around =
          new GroupRun.Surroundings(
              clock,
              new LanguageEngines(
                  new PromqlEngine(100, 300_000, 60_000),
                  new LogqlEngine(100, 1000),
                  new MetricsEngine.Limits(1000, 0, 1000, 1000)),
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
              (_, _, _, _) -> {
                throw new IllegalStateException("somebody is told");
              },
              new GroupRun.Times(60_000, 0, 3_600_000, 5_000),
              () -> true,
              (_, _) -> false);
    }

    /** All samples that are no markers, or the markers. */
    Map<Labels, TreeMap<Long, Double>> samples(long from, boolean markers) {
      Map<Labels, TreeMap<Long, Double>> all = new TreeMap<>();
      try (SeriesReader reader = store.reader(TENANT)) {
        SeriesSet found =
            reader.select(
                List.of(Matcher.of(Labels.NAME, Matcher.Op.MATCH, ".+")), from, Long.MAX_VALUE);
        SampleBuffer samples = new SampleBuffer();
        for (int i = 0; i < found.size(); i++) {
          found.read(i, from, Long.MAX_VALUE, samples);
          for (int j = 0; j < samples.size(); j++) {
            if (StaleMarker.is(samples.values()[j]) == markers) {
              all.computeIfAbsent(found.labels(i), _ -> new TreeMap<>())
                  .put(samples.timestamps()[j], markers ? 0 : samples.values()[j]);
            }
          }
        }
      }
      return all;
    }

    long backfill(Map<GroupKey, RuleGroup> groups, long start, long end, Duration slice)
        throws InterruptedException {
      String token = "";
      long ticks = 0;
      do {
        // Of each slice another object: nothing is kept but the token.
        Backfill.Slice one =
            new Backfill(around, store, slice)
                .run(new Backfill.Request(TENANT, start, end, "", "", token), groups);
        assertThat(one.errors()).isEmpty();
        ticks += one.ticks();
        token = one.token();
      } while (!token.isEmpty());
      return ticks;
    }
  }

  /** A tick long after the alert was last true, so that nothing of it is left. */
  private static long quiet(long after) {
    long second = after / 1000 + 1;
    while ((second + 1) % 11 != 10) {
      second++;
    }
    return TickTimes.of(KEY, 1000).atOrAfter(second * 1000);
  }

  @Test
  void thePastIsWhatItWouldHaveBeenInSlicesAndTwice() throws Exception {
    World live = new World("live");
    long first = now.toEpochMilli();
    GroupRun.Surroundings silent = live.around;
    GroupRun run =
        new GroupRun(
            KEY,
            group(YAML),
            new GroupRun.Surroundings(
                silent.clock(),
                silent.engines(),
                silent.languages(),
                silent.readers(),
                silent.admission(),
                silent.appender(),
                silent.states(),
                silent.metrics(),
                silent.setting(),
                (_, _, _, _) -> {},
                silent.times(),
                silent.mayWrite(),
                silent.writtenByOthers()));
    for (int i = 0; i < 120; i++) {
      while (run.step() == 0) {
        assertThat(now).isNotNull();
      }
      now = now.plusSeconds(1);
    }
    long start = quiet(first + 20_000);
    long end = first + 110_000;
    World past = new World("past");
    long ticks = past.backfill(Map.of(KEY, group(YAML)), start, end, Duration.ZERO);
    assertThat(ticks).isGreaterThan((end - start) / 1000);
    check(live, past, start, end);
    assertThat(past.backfill(Map.of(KEY, group(YAML)), start, end, Duration.ofHours(1)))
        .isEqualTo(ticks);
    check(live, past, start, end);
  }

  private static void check(World live, World past, long start, long end) {
    for (boolean markers : new boolean[] {false, true}) {
      // A series that ended with the tick at the start was not there for who began with it.
      long from = markers ? start + 1 : start;
      Map<Labels, TreeMap<Long, Double>> expected = live.samples(from, markers);
      expected.values().forEach(samples -> samples.tailMap(end, false).clear());
      expected.values().removeIf(TreeMap::isEmpty);
      Map<Labels, TreeMap<Long, Double>> found = past.samples(from, markers);
      assertThat(found).isNotEmpty().isEqualTo(expected);
    }
  }

  @Test
  void groupsThatReadEachOtherGoSideBySide() throws Exception {
    World world = new World("two");
    long start = now.toEpochMilli();
    now = now.plusSeconds(600);
    RuleGroup second = group("name: h\ninterval: 1s\nrules: [{record: t, expr: 'max(r) - 1'}]");
    long _ =
        world.backfill(
            Map.of(KEY, group(YAML), SECOND, second), start, start + 60_000, Duration.ofHours(1));
    TreeMap<Long, Double> t =
        world.samples(0, false).getOrDefault(Labels.of(Labels.NAME, "t"), new TreeMap<>());
    assertThat(t.size()).isGreaterThan(58);
    // The newest that the other group had written at that time, which is less than a tick ago.
    t.forEach(
        (time, value) ->
            assertThat(time / 1000.0 - (value + 1)).as("at %s", time).isBetween(0.0, 2.0));
  }

  @Test
  void whatCannotBeIsRefused() {
    World world = new World("refused");
    long time = now.toEpochMilli();
    Map<GroupKey, RuleGroup> groups = Map.of(KEY, group(YAML));
    assertThatThrownBy(() -> world.backfill(groups, time, time - 1, Duration.ZERO))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("before start");
    assertThatThrownBy(() -> world.backfill(groups, time, time + 1, Duration.ZERO))
        .hasMessageContaining("to come");
    assertThatThrownBy(() -> world.backfill(Map.of(), time, time, Duration.ZERO))
        .hasMessageContaining("no such group");
    assertThatThrownBy(
            () ->
                new Backfill(world.around, world.store, Duration.ZERO)
                    .run(new Backfill.Request(TENANT, time, time, "", "", "AAAA"), groups))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("token");
  }
}
