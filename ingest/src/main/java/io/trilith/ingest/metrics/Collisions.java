package io.trilith.ingest.metrics;

import io.trilith.ingest.Rejections;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.store.MetricAppender.Overwritten;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells of points that met in one series and time, in one request or with one sent before: the last
 * is kept, the others lost.
 */
final class Collisions {
  private Collisions() {}

  /** A point, by what all its series have in common. */
  private record Point(Labels labels, long time) {}

  /** Counts the points among the samples that were lost and says so. */
  static void tell(
      MetricBatch batch, List<Overwritten> overwritten, OtlpRules rules, Rejections rejections) {
    tell(
        batch,
        overwritten.stream().filter(one -> !one.earlier()).toList(),
        "points of the request are one series at one time with different values, and one of them"
            + " was kept",
        rules,
        rejections);
    tell(
        batch,
        overwritten.stream().filter(Overwritten::earlier).toList(),
        "points took the place of ones with another value, sent before for the same series and"
            + " time, as replicas do that nothing tells apart",
        rules,
        rejections);
  }

  private static void tell(
      MetricBatch batch,
      List<Overwritten> overwritten,
      String what,
      OtlpRules rules,
      Rejections rejections) {
    if (overwritten.isEmpty()) {
      return;
    }
    Map<Point, Map<Labels, Integer>> lost = new HashMap<>();
    for (Overwritten one : overwritten) {
      Labels series = batch.labels(one.series());
      lost.computeIfAbsent(new Point(common(series), one.timestamp()), _ -> new HashMap<>())
          .merge(series, 1, Integer::sum);
    }
    long points = 0;
    for (Map<Labels, Integer> ofPoint : lost.values()) {
      points += ofPoint.values().stream().mapToInt(Integer::intValue).max().orElse(0);
    }
    Labels first = batch.labels(overwritten.getFirst().series());
    rejections.add(
        "overwritten",
        points,
        first.get(Labels.NAME),
        what + ": series " + first + "; " + rules.hint());
  }

  /** A histogram's and a summary's series differ in the end of the name and one label. */
  private static Labels common(Labels series) {
    String name = series.get(Labels.NAME);
    for (String end : List.of("_bucket", "_count", "_sum")) {
      if (name.endsWith(end)) {
        name = name.substring(0, name.length() - end.length());
        break;
      }
    }
    Labels.Builder common = new Labels.Builder();
    for (int i = 0; i < series.size(); i++) {
      if (!series.name(i).equals("le") && !series.name(i).equals("quantile")) {
        common.set(series.name(i), series.value(i));
      }
    }
    return common.set(Labels.NAME, name).build();
  }
}
