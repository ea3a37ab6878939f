package io.trilith.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.model.Labels;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

class KernelsTest {
  @Test
  void compensatesWhatASumLoses() {
    KahanSum sum = new KahanSum();
    for (double value : new double[] {1, 1e100, 1, -1e100}) {
      sum.add(value);
    }
    assertThat(sum.value()).isEqualTo(2);
  }

  @Test
  void keepsAMeanWhenTheSumOverflows() {
    FloatAggregate mean = new FloatAggregate(FloatAggregate.Kind.AVG, 1);
    for (int i = 0; i < 4; i++) {
      mean.add(0, Double.MAX_VALUE);
    }
    assertThat(mean.value(0) / Double.MAX_VALUE).isCloseTo(1, within(1e-12));
  }

  @Test
  void interpolatesQuantilesAndSortsNaNFirst() {
    assertThat(Quantiles.of(0.5, new double[] {3, 1, 2}, 3)).isEqualTo(2);
    assertThat(Quantiles.of(1, new double[] {Double.NaN, 1, 2}, 3)).isEqualTo(2);
    assertThat(Quantiles.of(0, new double[] {1, Double.NaN}, 2)).isNaN();
    assertThat(Quantiles.of(0.5, new double[0], 0)).isNaN();
    assertThat(Quantiles.of(2, new double[] {1}, 1)).isInfinite();
  }

  @Test
  void groupsByAndWithout() {
    Labels labels = Labels.of("__name__", "m", "a", "1", "b", "2");
    assertThat(LabelGrouping.by(List.of("a")).of(labels)).isEqualTo(Labels.of("a", "1"));
    assertThat(LabelGrouping.without(List.of("a")).of(labels)).isEqualTo(Labels.of("b", "2"));
    assertThat(LabelGrouping.by(List.of()).of(labels)).isEqualTo(Labels.EMPTY);
  }

  @Test
  void replacesLabelsByTemplates() {
    Labels labels = Labels.of("src", "a:b");
    LabelReplace replace = new LabelReplace("dst", "${2}-$1-$$-$9", "src", "(.*):(.*)");
    assertThat(replace.apply(labels).get("dst")).isEqualTo("b-a-$-");
    assertThat(new LabelReplace("dst", "x", "src", "c").apply(labels)).isSameAs(labels);
  }

  @Test
  void namesTheLimitThatIsHit() {
    QueryBudget budget = new QueryBudget(10, 10, 10);
    budget.addSamples(10);
    assertThatThrownBy(() -> budget.addSamples(1))
        .isInstanceOf(LimitExceededException.class)
        .hasMessageContaining("query.samples-max");
  }

  @Test
  void stopsAtTheDeadlineAndWhenTheClientIsGone() {
    InstantSource clock = InstantSource.fixed(Instant.ofEpochSecond(10));
    QueryContext late =
        new QueryContext(
            QueryBudget.unlimited(),
            new Annotations(),
            clock,
            Instant.ofEpochSecond(9),
            () -> false);
    assertThatThrownBy(late::check).isInstanceOf(QueryInterruptedException.class);
    QueryContext gone =
        new QueryContext(
            QueryBudget.unlimited(), new Annotations(), clock, Instant.MAX, () -> true);
    assertThatThrownBy(gone::check).hasMessageContaining("canceled");
  }

  @Test
  void makesGridsThatEndAtOrBeforeTheEnd() {
    assertThat(StepGrid.between(0, 25, 10).count()).isEqualTo(3);
    assertThat(StepGrid.between(5, 0, 10).count()).isZero();
    assertThat(StepGrid.between(-60_000, 60_000, 60_000).end()).isEqualTo(60_000);
  }
}
