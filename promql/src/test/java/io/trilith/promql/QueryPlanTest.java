package io.trilith.promql;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.engine.QueryContext;
import io.trilith.engine.StepGrid;
import java.util.List;
import org.junit.jupiter.api.Test;

class QueryPlanTest {
  private final PromqlEngine engine = new PromqlEngine(250, 300_000, 60_000);

  @Test
  void aPlanSaysWhatIsReadKeptAndShared() {
    String plan =
        engine
            .explain(
                "sum by (job) (rate(x_total{a=\"b\"}[5m])) / on(job) group_left"
                    + " sum by (job) (rate(x_total{a=\"b\"}[5m]))"
                    + " > histogram_quantile(0.9, x_bucket @ 60)")
            .text();
    assertThat(plan)
        .isEqualTo(
            """
            #1 >  [joins]  keeps the right side
              #2 /  [joins]  keeps the right side
                #3 sum by (job)  [folds]
                  #4 rate  [reads]  x_total{a="b"}[5m]
                #5 sum by (job)  [folds]  same as #3, evaluated once if it fits
              #6 histogram_quantile  [collects]  at one time for all steps
                #7 select  [reads]  x_bucket @ 60.000; at one time for all steps
            """);
    assertThat(engine.explain("1 + 2").operators()).hasSize(1);
    assertThat(engine.explain("max_over_time(rate(x[1m])[5m:1m])").operators())
        .extracting(QueryPlan.Operator::parent)
        .containsExactly(0, 1);
  }

  @Test
  void statisticsCountSamplesByStepAndTimeByOperator() {
    StepGrid grid = StepGrid.between(2_400_000, 4_800_000, 240_000);
    QueryStatistics statistics = new QueryStatistics(true, true);
    // A sample every four minutes.
    String query = "sum(rate(m_total[12m]) * 2) + on() group_left count(m_total @ 2400)";
    QueryContext context = QueryContext.unlimited();
    engine.range(query, grid, 300_000, new ManySeries(10), context, statistics);
    assertThat(statistics.samplesPerStep()).hasSize(11).containsOnly(10 * 3 + 10);
    assertThat(statistics.samplesTotal()).isEqualTo(11 * 40);
    assertThat(statistics.seriesSelected()).isEqualTo(20);
    assertThat(statistics.samplesRead()).isEqualTo(context.budget().samples());
    assertThat(statistics.samplesPeak()).isGreaterThan(12);
    assertThat(statistics.bytesPeak()).isPositive();
    List<QueryStatistics.Measured> operators = statistics.operators();
    assertThat(operators)
        .extracting(measured -> measured.operator().name())
        .containsExactly("+", "sum", "*", "rate", "count", "select");
    assertThat(operators)
        .extracting(QueryStatistics.Measured::series)
        .containsExactly(1L, 1L, 10L, 10L, 1L, 10L);
    assertThat(operators).allMatch(measured -> measured.nanos() > 0);
  }

  @Test
  void pointsOfASubqueryCountWhereWindowsHoldThem() {
    QueryStatistics statistics = new QueryStatistics(true, false);
    engine.instant(
        "sum_over_time(m_total[20m:4m])",
        2_400_000,
        300_000,
        new ManySeries(3),
        QueryContext.unlimited(),
        statistics);
    assertThat(statistics.samplesPerStep()).containsExactly(15);
    assertThat(statistics.operators()).isEmpty();
  }
}
