package io.trilith.ingest.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.config.OtlpMetricsConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetricNamesTest {
  private static final MetricNames NAMES = new MetricNames(OtlpMetricsConfig.defaults());

  @ParameterizedTest
  @CsvSource({
    "http.server.duration, s, false, false, http_server_duration_seconds",
    "http.server.requests, '', true, false, http_server_requests_total",
    "http.requests.total, 1, true, false, http_requests_total",
    "cpu.utilization, 1, false, true, cpu_utilization_ratio",
    "net.io, By, true, false, net_io_bytes_total",
    "net.io, By/s, false, true, net_io_bytes_per_second",
    "limit, m/s, false, true, limit_meters_per_second",
    "queue.size, {items}, false, true, queue_size",
    "a..b--c, '', false, true, a_b_c",
    "2xx, '', false, true, _2xx",
    "memory_bytes, By, false, true, memory_bytes",
    "disk, '%', false, true, disk_percent",
    "odd, widgets/gizmo, false, true, odd_widgets_per_gizmo",
    "x.second, By/s, false, true, x_second_bytes_per_second",
    "x, a}, false, true, x",
  })
  void carriesUnitsAndSuffixes(
      String name, String unit, boolean counter, boolean gauge, String expected) {
    assertThat(NAMES.metric(name, unit, counter, gauge)).isEqualTo(expected);
  }

  @Test
  void makesLabelNames() {
    assertThat(NAMES.label("http.status_code")).isEqualTo("http_status_code");
    assertThat(NAMES.label("2xx")).isEqualTo("key_2xx");
    assertThat(NAMES.label("a.b c/d")).isEqualTo("a_b_c_d");
    assertThat(NAMES.label("ü-x")).isEqualTo("__x");
    assertThat(NAMES.label("😀x")).isEqualTo("key_x");
    assertThat(NAMES.label("_private")).isEqualTo("key_private");
    assertThat(NAMES.label("_1")).isEqualTo("key_1");
    assertThat(NAMES.label("__meta")).isEqualTo("__meta");
    assertThat(NAMES.label("a__b")).isEqualTo("a__b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "---", "日本", "__", "...."})
  void hasNoLabelForWhatIsOnlyUnderscores(String key) {
    assertThat(NAMES.label(key)).isEmpty();
  }

  @Test
  void makesLabelNamesAsConfigured() {
    MetricNames collapsing = names("label-name-preserve-multiple-underscores", "false");
    assertThat(collapsing.label("a..b__c")).isEqualTo("a_b_c");
    assertThat(collapsing.label("__a..b__")).isEqualTo("__a_b__");
    assertThat(collapsing.label("..a")).isEqualTo("key_a");
    assertThat(names("label-name-underscore-sanitization", "false").label("_private"))
        .isEqualTo("_private");
    assertThat(names("translation-strategy", "NoTranslation").label("http.route"))
        .isEqualTo("http.route");
  }

  @ParameterizedTest
  @CsvSource({
    "UnderscoreEscapingWithSuffixes, http_server_duration_seconds, io_bytes_total, used_ratio",
    "UnderscoreEscapingWithoutSuffixes, http_server_duration, io, used",
    "NoUTF8EscapingWithSuffixes, http.server.duration_seconds, io_bytes_total, used_ratio",
    "NoTranslation, http.server.duration, io, used",
  })
  void namesMetricsByStrategy(String strategy, String histogram, String counter, String gauge) {
    MetricNames names = names("translation-strategy", strategy);
    assertThat(names.metric("http.server.duration", "s", false, false)).isEqualTo(histogram);
    assertThat(names.metric("io", "By", true, false)).isEqualTo(counter);
    assertThat(names.metric("used", "1", false, true)).isEqualTo(gauge);
  }

  @ParameterizedTest
  @CsvSource({
    "x.total, By, true, false, x_bytes_total",
    "x_bytes_total, By, true, false, x_bytes_total",
    "x.ratio, 1, false, true, x_ratio",
    "rate_per_second, By/s, false, true, rate_bytes_per_second",
    "a, {x}/s, true, false, a_per_second_total",
  })
  void addsNoSuffixTwiceWithoutEscaping(
      String name, String unit, boolean counter, boolean gauge, String expected) {
    assertThat(
            names("translation-strategy", "NoUTF8EscapingWithSuffixes")
                .metric(name, unit, counter, gauge))
        .isEqualTo(expected);
  }

  private static MetricNames names(String key, String value) {
    return new MetricNames(OtlpConfigs.with(key, value));
  }
}
