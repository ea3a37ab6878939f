package io.trilith.tsdb.store;

import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.store.MetricAppender.Overwritten;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Finds the samples, of a batch and of those before it, that one of the batch takes the place of.
 */
final class Overwrites {
  private Overwrites() {}

  private record Place(int number, long time) {}

  /** What stands at a place: a float's bits or a histogram. */
  private record Standing(int series, Object content) {}

  /**
   * The samples that are lost, one entry for each. Samples that are equal lose nothing.
   *
   * @param numbers of the batch's series in the head: the same for equal series
   */
  static List<Overwritten> find(MetricBatch batch, int[] numbers) {
    if (batch.unordered().isEmpty()) {
      return List.of();
    }
    BitSet unordered = new BitSet();
    batch.unordered().stream().forEach(series -> unordered.set(numbers[series]));
    boolean[] suspect = new boolean[numbers.length];
    for (int i = 0; i < suspect.length; i++) {
      suspect[i] = numbers[i] >= 0 && unordered.get(numbers[i]);
    }
    Map<Place, Standing> standing = new HashMap<>();
    List<Overwritten> lost = new ArrayList<>();
    for (int i = 0; i < batch.samples(); i++) {
      int series = batch.sampleSeries(i);
      if (suspect[series]) {
        Object bits = Double.doubleToRawLongBits(batch.sampleValue(i));
        Place place = new Place(numbers[series], batch.sampleTime(i));
        put(place, series, bits, batch.isReplacing(i), standing, lost);
      }
    }
    for (int i = 0; i < batch.histograms().size(); i++) {
      MetricBatch.HistogramSample sample = batch.histograms().get(i);
      if (suspect[sample.series()]) {
        boolean replacing = batch.isReplacing(batch.samples() + i);
        Place place = new Place(numbers[sample.series()], sample.timestamp());
        put(place, sample.series(), sample.histogram(), replacing, standing, lost);
      }
    }
    return lost;
  }

  private static void put(
      Place place,
      int series,
      Object content,
      boolean replacing,
      Map<Place, Standing> standing,
      List<Overwritten> lost) {
    Standing before = standing.put(place, new Standing(series, content));
    if (before != null && !Objects.equals(before.content, content)) {
      lost.add(new Overwritten(before.series, place.time, false));
    } else if (before == null && replacing) {
      lost.add(new Overwritten(series, place.time, true));
    }
  }
}
