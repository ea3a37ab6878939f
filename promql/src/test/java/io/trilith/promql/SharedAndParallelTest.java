package io.trilith.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.engine.QueryBudget;
import io.trilith.engine.QueryContext;
import io.trilith.engine.QueryInterruptedException;
import io.trilith.engine.QueryWorkers;
import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.ValueType;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Answers depend neither on what is evaluated once nor on how many threads help. */
class SharedAndParallelTest {
  private static final long LOOKBACK = 300_000;
  private static final ExecutorService THREADS = Executors.newFixedThreadPool(3);

  private final PromqlEngine alone = new PromqlEngine(250, LOOKBACK, 60_000);
  private final PromqlEngine helped =
      new PromqlEngine(250, LOOKBACK, 60_000, new QueryWorkers(THREADS, 3, 0));

  @AfterAll
  static void stop() {
    THREADS.shutdown();
  }

  @Test
  void aPartThatIsSaidTwiceAnswersAsTwoParts() {
    SplittableRandom random = Seeds.random("SharedAndParallelTest");
    MemoryReader reader = QueryFuzzTest.data(random);
    String[] operators = {"/", "+ on(a, b)", "- ignoring(a)", "and", "unless", "or", "> bool"};
    int answered = 0;
    int total = Seeds.iterations(1500);
    for (int i = 0; i < total; i++) {
      String part = QueryFuzzTest.expression(random, 3, ValueType.VECTOR);
      String operator = operators[random.nextInt(operators.length)];
      String said = "(" + part + ") " + operator + " abs(" + part + ")";
      // The label is never there, whatever its name: the same answer of different words.
      String apart = "(" + part + ") " + operator + " abs(" + part.replace("zz=", "zy=") + ")";
      StepGrid grid = StepGrid.between(-60_000, 600_000, 1 + random.nextLong(90_000));
      String expected = answer(alone, apart, grid, reader);
      assertThat(answer(alone, said, grid, reader)).as(said).isEqualTo(expected);
      assertThat(answer(helped, said, grid, reader)).as(said).isEqualTo(expected);
      assertThat(answer(helped, apart, grid, reader)).as(apart).isEqualTo(expected);
      answered += expected.startsWith("!") ? 0 : 1;
    }
    assertThat(answered).isGreaterThan(total / 8);
  }

  /** All bits of an answer and all its annotations, or the error. */
  private static String answer(
      PromqlEngine engine, String query, StepGrid grid, MemoryReader reader) {
    PromqlResult.Answer answer;
    try {
      answer = engine.range(query, grid, LOOKBACK, reader, QueryContext.unlimited());
    } catch (InvalidRequestException | LimitExceededException e) {
      return "!";
    }
    StringBuilder text = new StringBuilder();
    for (Series series : ((PromqlResult.RangeMatrix) answer.result()).series()) {
      text.append(series.labels());
      for (int step = 0; step < series.steps(); step++) {
        FloatHistogram histogram = series.histogram(step);
        if (histogram != null) {
          text.append(' ').append(histogram);
        } else if (series.has(step)) {
          text.append(' ').append(series.value(step));
        }
        text.append(';');
      }
      text.append('\n');
    }
    return text + annotations(answer.warnings()) + annotations(answer.infos());
  }

  private static String annotations(List<String> texts) {
    List<String> sorted = new ArrayList<>(texts);
    Collections.sort(sorted);
    return String.join("\n", sorted).replace("zy=", "zz=") + "\n";
  }

  @Test
  void aSharedPartIsReadOnce() {
    AtomicInteger selections = new AtomicInteger();
    AtomicInteger reads = new AtomicInteger();
    ManySeries reader = counting(40, selections, reads);
    StepGrid grid = StepGrid.between(0, 600_000, 60_000);
    QueryContext context = QueryContext.unlimited();
    alone.range("rate(m_total[5m]) / rate(m_total[5m])", grid, LOOKBACK, reader, context);
    assertThat(selections).hasValue(1);
    assertThat(reads).hasValue(40);
    assertThat(context.budget().samples()).isGreaterThan(0);

    alone.range("max(m_total) - min(m_total offset 1m)", grid, LOOKBACK, reader, context);
    assertThat(selections).hasValue(3);
    assertThat(reads).hasValue(120);

    alone.range("avg_over_time(m_total[5m]) / rate(m_total[9m])", grid, LOOKBACK, reader, context);
    assertThat(selections).as("the shorter window is within the longer").hasValue(4);
  }

  @Test
  void aSharedPartThatDoesNotFitIsEvaluatedTwice() {
    AtomicInteger selections = new AtomicInteger();
    AtomicInteger reads = new AtomicInteger();
    StepGrid grid = StepGrid.between(0, 239 * 15_000L, 15_000);
    ManySeries reader = counting(5_000, selections, reads);
    QueryBudget budget = new QueryBudget(Long.MAX_VALUE, 1_000_000, 8 << 20);
    String query = "sum(rate(m_total[5m])) / count(rate(m_total[5m]))";
    alone.range(query, grid, LOOKBACK, reader, context(budget, () -> false));
    assertThat(reads).hasValue(10_000);
    assertThat(budget.bytes()).isLessThan(1 << 20);
  }

  @Test
  void helpersEndWithTheQueryWhenItFails() {
    StepGrid grid = StepGrid.between(0, 239 * 15_000L, 15_000);
    AtomicInteger reads = new AtomicInteger();
    AtomicBoolean ended = new AtomicBoolean();
    ManySeries reader =
        new ManySeries(20_000) {
          @Override
          public SeriesSet select(List<Matcher> matchers, long min, long max, LongConsumer charge) {
            SeriesSet set = super.select(matchers, min, max, charge);
            return new Reading(set) {
              @Override
              public void read(int series, long from, long to, SampleBuffer into) {
                assertThat(ended).isFalse();
                reads.incrementAndGet();
                super.read(series, from, to, into);
              }
            };
          }
        };
    QueryBudget few = new QueryBudget(20_000, 1_000_000, 64 << 20);
    assertThatThrownBy(
            () ->
                helped.range(
                    "sum(rate(m_total[5m]))", grid, LOOKBACK, reader, context(few, () -> false)))
        .isInstanceOf(LimitExceededException.class)
        .hasMessageContaining("query.samples-max");
    ended.set(true);
    assertThat(reads.get()).isBetween(1_000, 1_400);
    ended.set(false);
    reads.set(0);
    QueryContext left = context(QueryBudget.unlimited(), () -> reads.get() > 500);
    assertThatThrownBy(() -> helped.range("sum(rate(m_total[5m]))", grid, LOOKBACK, reader, left))
        .isInstanceOf(QueryInterruptedException.class);
    ended.set(true);
    assertThat(reads.get()).isLessThan(1_000);
  }

  private static QueryContext context(QueryBudget budget, BooleanSupplier cancelled) {
    QueryContext free = QueryContext.unlimited();
    return new QueryContext(budget, free.annotations(), free.clock(), free.deadline(), cancelled);
  }

  private static ManySeries counting(int count, AtomicInteger selections, AtomicInteger reads) {
    return new ManySeries(count) {
      @Override
      public SeriesSet select(List<Matcher> matchers, long min, long max, LongConsumer charge) {
        selections.incrementAndGet();
        return new Reading(super.select(matchers, min, max, charge)) {
          @Override
          public void read(int series, long from, long to, SampleBuffer into) {
            reads.incrementAndGet();
            super.read(series, from, to, into);
          }
        };
      }
    };
  }

  /** A set that somebody watches. */
  private abstract static class Reading implements SeriesSet {
    private final SeriesSet set;

    Reading(SeriesSet set) {
      this.set = set;
    }

    @Override
    public int size() {
      return set.size();
    }

    @Override
    public Labels labels(int series) {
      return set.labels(series);
    }

    @Override
    public void read(int series, long from, long to, SampleBuffer into) {
      set.read(series, from, to, into);
    }
  }
}
