package io.trilith.promql;

import io.trilith.engine.QueryBudget;
import io.trilith.engine.StepGrid;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What one query did, as far as somebody asks. Thread-safe. */
public final class QueryStatistics {
  /** What an operator did; nanos are those of all threads, without those of other operators. */
  public record Measured(QueryPlan.Operator operator, long nanos, long series) {}

  /** Counters of an operator. */
  static final class Probe {
    final LongAdder nanos = new LongAdder();
    final LongAdder series = new LongAdder();
  }

  private final boolean countsSamples;
  private final boolean measures;
  private final LongAdder seriesSelected = new LongAdder();
  private final LongAccumulator largestSeries = new LongAccumulator(Math::max, 0);
  private long[] perStep = new long[0];
  private @Nullable StepGrid grid;
  private @Nullable QueryPlan plan;
  private List<Probe> probes = List.of();
  private @Nullable QueryBudget budget;

  /**
   * Statistics of one query to come.
   *
   * @param countsSamples whether samples are counted by step, as Prometheus counts them
   * @param measures whether operators are
   */
  public QueryStatistics(boolean countsSamples, boolean measures) {
    this.countsSamples = countsSamples;
    this.measures = measures;
  }

  /** Nobody asks. */
  public static QueryStatistics none() {
    return new QueryStatistics(false, false);
  }

  synchronized void begin(StepGrid over, @Nullable QueryPlan of, QueryBudget budgetOf) {
    grid = over;
    plan = of;
    budget = budgetOf;
    perStep = new long[countsSamples ? over.count() : 0];
    List<Probe> made = new ArrayList<>();
    for (int i = 0; of != null && i < of.operators().size(); i++) {
      made.add(new Probe());
    }
    probes = made;
  }

  boolean countsSamples() {
    return countsSamples;
  }

  boolean measures() {
    return measures;
  }

  /** The counters of an operator by its number; null when there are none. */
  synchronized @Nullable Probe probe(int number) {
    return number > 0 && number <= probes.size() ? probes.get(number - 1) : null;
  }

  void selected(int series) {
    seriesSelected.add(series);
  }

  void read(int samples) {
    largestSeries.accumulate(samples);
  }

  /** Counts samples that a step looks at; one step may stand for all. */
  synchronized void count(long[] samples) {
    for (int step = 0; step < perStep.length; step++) {
      perStep[step] += samples[samples.length == 1 ? 0 : step];
    }
  }

  /** Series found by all selections. */
  public long seriesSelected() {
    return seriesSelected.sum();
  }

  /** Samples read from the store. */
  public synchronized long samplesRead() {
    return budget == null ? 0 : budget.samples();
  }

  /** The most bytes of intermediate results that were held at once. */
  public synchronized long bytesPeak() {
    return budget == null ? 0 : budget.bytesPeak();
  }

  /** Samples that all steps look at, those of overlapping windows more than once. */
  public synchronized long samplesTotal() {
    long total = 0;
    for (long samples : perStep) {
      total += samples;
    }
    return total;
  }

  /** The most samples held at once, roughly: those of a series and those of results. */
  public long samplesPeak() {
    return largestSeries.get() + bytesPeak() / 16;
  }

  /** The steps of the query; null when it did not get that far. */
  public synchronized @Nullable StepGrid grid() {
    return grid;
  }

  /** Samples by step; empty when they are not counted. */
  public synchronized long[] samplesPerStep() {
    return perStep.clone();
  }

  /** What the operators did; empty when they are not measured. */
  public synchronized List<Measured> operators() {
    List<Measured> measured = new ArrayList<>();
    for (int i = 0; plan != null && i < probes.size(); i++) {
      Probe probe = probes.get(i);
      measured.add(new Measured(plan.operators().get(i), probe.nanos.sum(), probe.series.sum()));
    }
    return measured;
  }
}
