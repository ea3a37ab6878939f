package io.trilith.rules.slo;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import io.trilith.tsdb.StaleMarker;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * The two series that hold an SLO's events: a sample for each step, at its end; a stale marker when
 * the step is excluded.
 */
final class EventSeries {
  static final String GOOD = "slo:sli_good:events";
  static final String TOTAL = "slo:sli_total:events";

  /** Only shown: bad events are stored as what is good of the total. */
  static final String BAD = "slo:sli_bad:events";

  /** Only shown: what a threshold is compared with. */
  static final String VALUE = "slo:sli_value:events";

  static final String ID = "sloth_id";
  static final String SERVICE = "sloth_service";
  static final String SLO = "sloth_slo";

  /** What is counted, see {@link Slo#revision}. */
  static final String REVISION = "slo_revision";

  /** Of calendar windows, the day the period began. */
  static final String PERIOD = "slo_period";

  private EventSeries() {}

  private static String period(Slo slo, long time) {
    return slo.window() instanceof SloWindow.Calendar calendar ? calendar.dayOf(time) : "";
  }

  /** Puts steps into a batch: those that are not missing and differ from what is stored. */
  static void write(Slo slo, EventSteps steps, EventSteps stored, MetricBatch into) {
    Map<String, int[]> series = new HashMap<>();
    for (int i = 0; i < steps.size(); i++) {
      EventSteps.State state = steps.state(i);
      if (state == EventSteps.State.MISSING || steps.same(i, stored)) {
        continue;
      }
      int[] two =
          series.computeIfAbsent(
              period(slo, steps.time(i)),
              period ->
                  new int[] {
                    into.addSeries(labels(slo, GOOD, period)),
                    into.addSeries(labels(slo, TOTAL, period))
                  });
      boolean excluded = state == EventSteps.State.EXCLUDED;
      into.addSample(two[0], steps.time(i), 0, excluded ? StaleMarker.VALUE : steps.good(i));
      into.addSample(two[1], steps.time(i), 0, excluded ? StaleMarker.VALUE : steps.total(i));
    }
  }

  private static Labels labels(Slo slo, String name, String period) {
    return SloRules.eventLabels(slo, name).set(PERIOD, period).build();
  }

  /** Fills in what is stored of the steps. */
  static void read(Slo slo, EventSteps steps, SeriesReader reader, LongConsumer charge) {
    if (steps.size() == 0) {
      return;
    }
    double[] good = new double[steps.size()];
    boolean[] there = new boolean[steps.size()];
    long min = steps.time(0);
    long max = steps.time(steps.size() - 1);
    SampleBuffer samples = new SampleBuffer();
    for (String name : List.of(GOOD, TOTAL)) {
      SeriesSet found =
          reader.select(
              List.of(
                  Matcher.equal(Labels.NAME, name),
                  Matcher.equal(ID, slo.id()),
                  Matcher.equal(REVISION, slo.revision())),
              min,
              max,
              charge);
      for (int series = 0; series < found.size(); series++) {
        found.read(series, min, max, samples);
        for (int i = 0; i < samples.size(); i++) {
          int at = steps.indexOf(samples.timestamps()[i]);
          double value = samples.values()[i];
          if (at < 0) {
            continue;
          }
          if (name.equals(GOOD)) {
            good[at] = value;
            there[at] = true;
          } else if (there[at] && StaleMarker.is(value)) {
            steps.setExcluded(at);
          } else if (there[at] && !StaleMarker.is(good[at])) {
            steps.setCounted(at, good[at], value);
          }
        }
      }
    }
  }
}
