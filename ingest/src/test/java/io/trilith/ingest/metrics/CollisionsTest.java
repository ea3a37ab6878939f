package io.trilith.ingest.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.config.LimitsConfig;
import io.trilith.config.OtlpMetricsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.store.MetricAppender.Overwritten;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CollisionsTest {
  private final MetricBatch batch = new MetricBatch();
  private final List<Overwritten> lost = new ArrayList<>();
  private final Rejections rejections = new Rejections();

  private void lost(long time, String... labels) {
    lost.add(new Overwritten(batch.addSeries(Labels.of(labels)), time, false));
  }

  private void tell() {
    OtlpRules rules = new OtlpRules(LimitsConfig.defaults(), OtlpMetricsConfig.defaults());
    Collisions.tell(batch, lost, rules, rejections);
  }

  @Test
  void saysNothingWhenNothingWasLost() {
    tell();
    assertThat(rejections.isEmpty()).isTrue();
  }

  @Test
  void namesTheSeriesAndTheKeys() {
    lost(1000, "__name__", "requests_total", "job", "api");
    tell();
    assertThat(rejections.total()).isEqualTo(1);
    assertThat(rejections.message())
        .contains("requests_total", "job=\"api\"")
        .contains("otlp-metrics.promote-scope-metadata (off)")
        .contains("otlp-metrics.promote-resource-attributes");
  }

  @Test
  void tellsPointsOfRequestsBeforeApartFromThoseOfThisOne() {
    lost(1000, "__name__", "up", "job", "api");
    lost.add(new Overwritten(batch.addSeries(Labels.of("__name__", "up")), 1000, true));
    tell();
    assertThat(rejections.total()).isEqualTo(2);
    lost.removeFirst();
    Rejections earlier = new Rejections();
    OtlpRules rules = new OtlpRules(LimitsConfig.defaults(), OtlpMetricsConfig.defaults());
    Collisions.tell(batch, lost, rules, earlier);
    assertThat(earlier.total()).isEqualTo(1);
    assertThat(earlier.message())
        .contains("sent before for the same series and time", "{__name__=\"up\"}")
        .contains("service.instance.id");
  }

  @Test
  void countsAHistogramsSeriesAsOnePoint() {
    for (String le : List.of("1", "2", "+Inf")) {
      lost(1000, "__name__", "h_bucket", "job", "api", "le", le);
    }
    lost(1000, "__name__", "h_count", "job", "api");
    lost(1000, "__name__", "h_sum", "job", "api");
    lost(1000, "__name__", "h_count", "job", "web");
    tell();
    assertThat(rejections.total()).isEqualTo(2);
  }

  @Test
  void countsEachOfSeveralPointsThatWereLost() {
    for (int scope = 0; scope < 3; scope++) {
      lost(1000, "__name__", "s_count");
      lost(1000, "__name__", "s_sum");
      lost(1000, "__name__", "s", "quantile", "0.5");
    }
    lost(2000, "__name__", "s_count");
    tell();
    assertThat(rejections.total()).isEqualTo(4);
  }
}
