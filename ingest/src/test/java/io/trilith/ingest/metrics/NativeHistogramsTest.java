package io.trilith.ingest.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.config.LimitsConfig;
import io.trilith.tsdb.NativeHistogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NativeHistogramsTest {
  private static NativeHistogram histogram(
      int schema, double zeroThreshold, double zeroCount, int offset, double... counts) {
    double count = zeroCount;
    for (double one : counts) {
      count += one;
    }
    return new NativeHistogram(
        schema,
        NativeHistogram.ResetHint.NO,
        true,
        zeroThreshold,
        zeroCount,
        count,
        count,
        new int[] {offset},
        new int[] {counts.length},
        counts,
        new int[0],
        new int[0],
        new double[0],
        new double[0]);
  }

  @Test
  void bringsFinerSchemasToTheFinestThatIsStored() {
    NativeHistogram stored = NativeHistograms.stored(histogram(9, 0, 0, 1, 1, 2, 4, 8));
    assertThat(stored.schema()).isEqualTo(8);
    assertThat(stored.positiveOffsets()).containsExactly(1);
    assertThat(stored.positiveCounts()).containsExactly(3, 12);
    assertThat(stored.resetHint()).isEqualTo(NativeHistogram.ResetHint.NO);
    assertThat(HistogramChecks.problem(stored, LimitsConfig.defaults())).isNull();
    assertThat(NativeHistograms.stored(histogram(52, 0, 1, -5, 1, 2)).positiveCounts())
        .containsExactly(3);
  }

  @Test
  void leavesOtherSchemasAsTheyAre() {
    for (int schema : new int[] {-53, -4, 0, 8, 53}) {
      NativeHistogram sent = histogram(schema, 0, 0, 1, 1, 2);
      assertThat(NativeHistograms.stored(sent)).isSameAs(sent);
    }
    assertThat(HistogramChecks.problem(histogram(53, 0, 0, 1, 1), LimitsConfig.defaults()))
        .contains("53");
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "1, 0"})
  void addsAtTheCoarserSchema(int first, int second) {
    NativeHistogram a = histogram(first, 0.1, 1, 1, 1, 1, 1, 1);
    NativeHistogram b = histogram(second, 0.1, 2, 1, 1, 1, 1, 1);
    NativeHistogram sum = NativeHistograms.sum(a, b, 1000);
    assertThat(sum.schema()).isZero();
    assertThat(sum.zeroCount()).isEqualTo(3);
    assertThat(sum.count()).isEqualTo(11);
    assertThat(sum.positiveCounts()).containsExactly(3, 3, 1, 1);
  }

  @Test
  void addsUnderTheWiderZeroBucketWithoutCuttingABucket() {
    // Buckets (0.5, 1], (1, 2], (2, 4] and a zero bucket that ends within the second.
    NativeHistogram a = histogram(0, 0.001, 1, 0, 10, 20, 30);
    NativeHistogram b = histogram(0, 1.5, 5, 2, 7);
    NativeHistogram sum = NativeHistograms.sum(a, b, 1000);
    assertThat(sum.zeroThreshold()).isEqualTo(2);
    assertThat(sum.zeroCount()).isEqualTo(36);
    assertThat(sum.positiveOffsets()).containsExactly(2);
    assertThat(sum.positiveCounts()).containsExactly(37);
    assertThat(sum.count()).isEqualTo(73);
  }

  @Test
  void becomesCoarserBeforeItHasTooManyBuckets() {
    NativeHistogram sum =
        NativeHistograms.sum(
            histogram(8, 0, 0, 1, 1, 1, 1, 1), histogram(8, 0, 0, 5, 1, 1, 1, 1), 2);
    assertThat(sum.schema()).isEqualTo(6);
    assertThat(sum.positiveCounts()).containsExactly(4, 4);
  }

  @Test
  void countsHistogramsOfADeltaStateByTheirSize() {
    DeltaState state = new DeltaState(50, 1024);
    byte[] key = {1, 2, 3};
    try (DeltaState.Session session = state.open()) {
      for (int i = 0; i < 10; i++) {
        key[0] = (byte) i;
        assertThat(session.add(key, 0, 3, 0, 10, histogram(0, 0, 0, 1, new double[640]))).isTrue();
      }
      session.keep();
    }
    try (DeltaState.Session session = state.open()) {
      key[0] = 0;
      assertThat(session.add(key, 0, 3, 0, 5, histogram(0, 0, 0, 1, 1))).as("forgotten").isTrue();
      key[0] = 9;
      assertThat(session.add(key, 0, 3, 0, 5, histogram(0, 0, 0, 1, 1))).as("known").isFalse();
    }
  }

  @Test
  void undoesTheHistogramsOfARequestThatWasNotStored() {
    DeltaState state = new DeltaState(50, 1024);
    byte[] key = {1};
    try (DeltaState.Session session = state.open()) {
      assertThat(session.add(key, 0, 1, 0, 10, histogram(0, 0, 0, 1, 5))).isTrue();
      session.keep();
    }
    for (int retry = 0; retry < 3; retry++) {
      try (DeltaState.Session session = state.open()) {
        assertThat(session.add(key, 0, 1, 0, 20, histogram(0, 0, 0, 1, 2))).isTrue();
        assertThat(session.histogram().count()).isEqualTo(7);
        assertThat(session.startMillis()).isEqualTo(10);
      }
    }
  }
}
