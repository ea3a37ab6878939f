package io.trilith.ingest.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MetricNamesTest {
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
  })
  void carriesUnitsAndSuffixes(
      String name, String unit, boolean counter, boolean gauge, String expected) {
    assertThat(MetricNames.metric(name, unit, counter, gauge)).isEqualTo(expected);
  }

  @Test
  void makesLabelNames() {
    assertThat(MetricNames.label("http.status_code")).isEqualTo("http_status_code");
    assertThat(MetricNames.label("2xx")).isEqualTo("key_2xx");
    assertThat(MetricNames.label("ü-x")).isEqualTo("__x");
  }
}
