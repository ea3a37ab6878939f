package io.trilith.rules.slo;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.config.SlosConfig;
import io.trilith.engine.Admission;
import io.trilith.engine.QueryContext;
import io.trilith.logql.LogqlEngine;
import io.trilith.promql.PromqlEngine;
import io.trilith.promql.PromqlResult;
import io.trilith.rules.QueryLanguages;
import io.trilith.rules.Rule;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.eval.LanguageEngines;
import io.trilith.rules.eval.MemorySeries;
import io.trilith.storage.memory.MemoryShare;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.TenantId;
import io.trilith.testing.Seeds;
import io.trilith.traceql.metrics.MetricsEngine;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.store.MetricAppender;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Counted events beside a count over the raw samples, on 30 days of made-up traffic. */
class SloCountTest {
  private static final TenantId TENANT = new TenantId("a");
  private static final long MINUTE = 60_000;
  private static final long DAY = 86_400_000;
  private static final long END = Instant.parse("2026-11-30T12:00:00Z").toEpochMilli();
  private static final QueryLanguages LANGUAGES = new QueryLanguages(100);
  private static final PromqlEngine PROMQL = new PromqlEngine(100, 5 * MINUTE, MINUTE);

  /** A sample and when it comes, which may be later. */
  private record Sample(Labels labels, long time, double value, long comes) {}

  private final MemorySeries store = new MemorySeries();
  private final List<Sample> samples = new ArrayList<>();
  private final Map<Long, Double> bad = new HashMap<>();
  private final Map<Long, Double> total = new HashMap<>();
  private long written;
  private long now;

  private static Slo slo(String more) {
    String text =
        "service: shop\nslos:\n- name: requests\n  objective: 99.9\n"
            + "  bad: requests_total{code=~\"5..\"}\n  total: requests_total\n"
            + more;
    SloFileReader.Content content = new SloFileReader(LANGUAGES, 100).read("f.yaml", text);
    assertThat(content.problems()).isEmpty();
    return content.slos().getFirst();
  }

  /** Traffic of one counter with a daily course, gaps, restarts and samples that come late. */
  private void traffic(SplittableRandom random, String code, int perScrape) {
    Labels labels = Labels.of(Labels.NAME, "requests_total", "code", code, "instance", "i" + code);
    double value = random.nextInt(1000);
    double before = -1;
    long time = END - 31 * DAY + random.nextInt(15_000);
    while (time <= END) {
      value += random.nextInt(1 + perScrape * (1 + (int) (time % DAY / (DAY / 4))));
      int fate = random.nextInt(2000);
      if (fate == 0) {
        value = random.nextInt(5);
      }
      long minute = Math.ceilDiv(time, MINUTE) * MINUTE;
      if (before >= 0) {
        double grown = value >= before ? value - before : value;
        total.merge(minute, grown, Double::sum);
        if (code.startsWith("5")) {
          bad.merge(minute, grown, Double::sum);
        }
      }
      before = value;
      boolean late = random.nextInt(5) == 0;
      samples.add(new Sample(labels, time, value, late ? time + random.nextInt(8 * 60_000) : time));
      // Some scrapes are missing, some for up to 40 minutes: the counter goes on meanwhile.
      int gap = fate == 1 ? random.nextInt(160) : fate < 40 ? random.nextInt(3) : 0;
      time += 15_000L + random.nextInt(3) - 1 + gap * 15_000L;
    }
  }

  private void arrive(long upTo, long after) {
    for (Sample sample : samples) {
      if (sample.comes() <= upTo && sample.comes() > after) {
        store.add(sample.labels(), sample.time(), sample.value());
      }
    }
  }

  private Slos.Sources sources() {
    InstantSource clock = () -> Instant.ofEpochMilli(now);
    Admission.Limits limits =
        new Admission.Limits(4, 1L << 40, 1 << 20, 1L << 30, Duration.ofMinutes(2));
    MetricAppender appender =
        (_, batch) -> {
          for (int i = 0; i < batch.samples(); i++) {
            store.add(
                batch.labels(batch.sampleSeries(i)), batch.sampleTime(i), batch.sampleValue(i));
          }
          written += batch.samples();
          return new MetricAppender.AppendResult(batch.samples(), 0, 0);
        };
    LanguageEngines engines =
        new LanguageEngines(
            PROMQL, new LogqlEngine(100, 100), new MetricsEngine.Limits(100, 0, 100, 1_000_000));
    return new Slos.Sources(
        engines,
        LANGUAGES,
        new EventCounter.Readers(
            _ -> store,
            _ -> {
              throw new IllegalStateException("no logs");
            },
            _ -> {
              throw new IllegalStateException("no traces");
            }),
        new Admission(limits, MemoryShare.unlimited(), clock),
        appender,
        () -> true);
  }

  private SloProgress progress(Slo slo) {
    Slos.Sources sources = sources();
    EventCounter counter = new EventCounter(sources.engines(), sources.readers(), 60 * MINUTE);
    SlosConfig config = new SlosConfig(List.of(), Duration.ofMinutes(15), Duration.ofHours(1));
    return new SloProgress(slo, TENANT, sources, counter, config, () -> false);
  }

  private EventSteps stored(Slo slo) {
    EventSteps steps = EventSteps.between(now - 30 * DAY, now, MINUTE);
    EventSeries.read(slo, steps, store, _ -> {});
    return steps;
  }

  private void countAll(SloProgress progress) throws InterruptedException {
    progress.countNewest(now);
    while (progress.countMissing(now)) {
      assertThat(progress.error()).isEmpty();
    }
    assertThat(progress.error()).isEmpty();
  }

  private double sum(Map<Long, Double> events, long from, long to) {
    double sum = 0;
    for (Map.Entry<Long, Double> one : events.entrySet()) {
      sum += one.getKey() > from && one.getKey() <= to ? one.getValue() : 0;
    }
    return sum;
  }

  private double query(String text) {
    PromqlResult result =
        PROMQL.instant(text, now, 5 * MINUTE, store, QueryContext.unlimited()).result();
    PromqlResult.InstantVector vector = (PromqlResult.InstantVector) result;
    assertThat(vector.series()).as(text).hasSize(1);
    return vector.series().getFirst().value(0);
  }

  private void makeTraffic(SplittableRandom random) {
    traffic(random, "200", 200);
    traffic(random, "404", 20);
    traffic(random, "500", 1);
    traffic(random, "503", 1);
  }

  @Test
  void figuresEqualTheRawSamplesToTheLastEvent() throws InterruptedException {
    makeTraffic(Seeds.random("SloCountTest"));
    Slo slo = slo("");
    now = END - 30 * MINUTE;
    arrive(now, Long.MIN_VALUE);
    SloProgress first = progress(slo);
    first.countNewest(now);
    for (int i = 0; i < 10; i++) {
      assertThat(first.countMissing(now)).isTrue();
    }
    // Another process goes on where the first was killed.
    SloProgress second = progress(slo);
    countAll(second);
    assertThat(second.complete()).isTrue();
    // Samples of the last minutes come late, one minute is counted after the other.
    while (now < END) {
      arrive(now + MINUTE, now);
      now += MINUTE;
      countAll(second);
    }
    arrive(Long.MAX_VALUE, now);
    now += MINUTE;
    countAll(second);
    now -= MINUTE;

    EventSteps steps = stored(slo);
    for (int i = 0; i < steps.size(); i++) {
      long time = steps.time(i);
      assertThat(steps.state(i)).isEqualTo(EventSteps.State.COUNTED);
      assertThat(steps.total(i))
          .as("%s", Instant.ofEpochMilli(time))
          .isEqualTo(total.getOrDefault(time, 0.0));
      assertThat(steps.total(i) - steps.good(i)).isEqualTo(bad.getOrDefault(time, 0.0));
    }
    double allBad = sum(bad, now - 30 * DAY, now);
    double all = sum(total, now - 30 * DAY, now);
    Budget budget = Budget.of(slo, slo.objective(), steps);
    assertThat(budget.counts().bad()).isEqualTo(allBad);
    assertThat(budget.counts().total()).isEqualTo(all);
    assertThat(budget.remaining()).isEqualTo(1 - allBad / all / 0.001);
    for (Budget.Burn burn : budget.burns()) {
      assertThat(burn.counts().bad()).isEqualTo(sum(bad, now - burn.millis(), now));
    }
    // The generated rules say the same.
    for (Rule rule : new SloRules(LANGUAGES).groups(slo, now).getFirst().rules()) {
      long window = rule.name().endsWith("30d") ? 30 * DAY : 0;
      if (window > 0) {
        assertThat(query(rule.expr())).isEqualTo(allBad / all);
      }
    }
  }

  @Test
  void countingAgainChangesNothing() throws InterruptedException {
    makeTraffic(Seeds.random("SloCountTest"));
    Slo slo = slo("");
    now = END;
    arrive(Long.MAX_VALUE, Long.MIN_VALUE);
    countAll(progress(slo));
    assertThat(written).isGreaterThanOrEqualTo(2 * 30 * 1440);
    written = 0;
    countAll(progress(slo));
    assertThat(written).isZero();
    // Another objective counts nothing, either.
    Slo other = slo("  minimum_events: 5\n");
    countAll(progress(other));
    assertThat(written).isZero();
    BigDecimal tried = new BigDecimal("99.5");
    Budget whatIf = Budget.of(slo, tried, stored(slo));
    double allBad = sum(bad, now - 30 * DAY, now);
    double all = sum(total, now - 30 * DAY, now);
    assertThat(whatIf.allowed()).isEqualTo(0.005 * all);
    assertThat(whatIf.remaining()).isEqualTo(1 - allBad / all / 0.005);
  }

  @Test
  void maintenanceIsLeftOutAndComesBackWhenItIsTakenBack() throws InterruptedException {
    makeTraffic(Seeds.random("SloCountTest"));
    now = END;
    arrive(Long.MAX_VALUE, Long.MIN_VALUE);
    countAll(progress(slo("")));
    long from = END - 3 * DAY;
    long to = from + 90 * MINUTE;
    Slo excluding =
        slo(
            "  exclude: [{from: "
                + Instant.ofEpochMilli(from)
                + ", to: "
                + Instant.ofEpochMilli(to)
                + ", reason: moved}]\n");
    countAll(progress(excluding));
    Budget budget = Budget.of(excluding, excluding.objective(), stored(excluding));
    double expected = sum(total, now - 30 * DAY, now) - sum(total, from, to);
    assertThat(budget.counts().total()).isEqualTo(expected);
    assertThat(budget.excluded()).containsExactly(new Budget.Excluded(from, to, "moved"));
    assertThat(query("sum(sum_over_time(slo:sli_total:events[30d]))")).isEqualTo(expected);
    countAll(progress(slo("")));
    assertThat(Budget.of(slo(""), slo("").objective(), stored(slo(""))).counts().total())
        .isEqualTo(sum(total, now - 30 * DAY, now));
  }

  @Test
  void slicesAreEventsGoodOrNot() throws InterruptedException {
    makeTraffic(Seeds.random("SloCountTest"));
    now = END;
    arrive(Long.MAX_VALUE, Long.MIN_VALUE);
    Slo slo = slo("  slice: 5m\n  slice_target: 99.7\n");
    countAll(progress(slo));
    EventSteps steps = EventSteps.between(now - 30 * DAY, now, 5 * MINUTE);
    EventSeries.read(slo, steps, store, _ -> {});
    int goodSlices = 0;
    for (int i = 0; i < steps.size(); i++) {
      double b = sum(bad, steps.time(i) - 5 * MINUTE, steps.time(i), 5);
      double t = sum(total, steps.time(i) - 5 * MINUTE, steps.time(i), 5);
      goodSlices += (t - b) * 1000 >= 997 * t ? 1 : 0;
    }
    Budget budget = Budget.of(slo, slo.objective(), steps);
    assertThat(budget.counts().total()).isEqualTo(30 * 288);
    assertThat(budget.counts().good()).isEqualTo(goodSlices);
  }

  private static double sum(Map<Long, Double> events, long from, long to, int minutes) {
    double sum = 0;
    for (int i = 1; i <= minutes; i++) {
      sum += events.getOrDefault(from + i * MINUTE, 0.0);
    }
    assertThat(from + minutes * MINUTE).isEqualTo(to);
    return sum;
  }

  @Test
  void whatSlothWouldRecordDiffersAsItsMeanOfRatiosDoes() throws InterruptedException {
    makeTraffic(Seeds.random("SloCountTest"));
    now = END;
    arrive(Long.MAX_VALUE, Long.MIN_VALUE);
    Slo slo = slo("");
    countAll(progress(slo));
    RuleGroup ratios = new SloRules(LANGUAGES).groups(slo, now).getFirst();
    for (Rule rule : ratios.rules()) {
      String window = rule.labels().get("sloth_window");
      if ("6h".equals(window) || "1d".equals(window)) {
        double ours = query(rule.expr());
        double theirs =
            query(
                "sum(rate(requests_total{code=~\"5..\"}["
                    + window
                    + "])) / sum(rate(requests_total["
                    + window
                    + "]))");
        // Extrapolation is all that differs in one window.
        assertThat(ours / theirs).isBetween(0.95, 1.05);
      }
    }
  }

  @Test
  void nothingIsCountedOfMissingData() {
    MetricBatch batch = new MetricBatch();
    EventSteps steps = EventSteps.between(0, 10 * MINUTE, MINUTE);
    EventSeries.write(slo(""), steps, EventSteps.between(0, 10 * MINUTE, MINUTE), batch);
    assertThat(batch.isEmpty()).isTrue();
  }
}
