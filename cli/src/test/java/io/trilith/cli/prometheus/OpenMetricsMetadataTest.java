package io.trilith.cli.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.tsdb.MetricMetadata;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenMetricsMetadataTest {
  private static Map<String, MetricMetadata> read(String... lines) throws IOException {
    String text = String.join("\n", lines) + "\n# EOF\n";
    OpenMetricsReader reader =
        new OpenMetricsReader(
            "test", new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    while (reader.next()) {
      assertThat(reader.labels().isEmpty()).isFalse();
    }
    return reader.metadata();
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTU", "HUT", "THU", "TUH", "UHT", "UTH"})
  void takesHelpTypeAndUnitInAnyOrder(String order) throws IOException {
    String[] lines =
        order
            .chars()
            .mapToObj(
                c ->
                    switch (c) {
                      case 'H' -> "# HELP x_seconds how long";
                      case 'T' -> "# TYPE x_seconds counter";
                      default -> "# UNIT x_seconds seconds";
                    })
            .toArray(String[]::new);
    MetricMetadata expected =
        new MetricMetadata(MetricMetadata.Type.COUNTER, "seconds", "how long");
    assertThat(read(lines[0], lines[1], lines[2], "x_seconds_total 5 1"))
        .containsExactly(Map.entry("x_seconds_total", expected));
  }

  @Test
  void keepsFamiliesApart() throws IOException {
    assertThat(
            read(
                "# HELP a one",
                "# TYPE a counter",
                "a_total 5 1",
                "# HELP a_total_ratio two",
                "# TYPE a_total_ratio gauge",
                "a_total_ratio 5 1",
                "# HELP b three",
                "# TYPE b gauge",
                "b 1 1"))
        .containsOnly(
            Map.entry("a_total", new MetricMetadata(MetricMetadata.Type.COUNTER, "", "one")),
            Map.entry("a_total_ratio", new MetricMetadata(MetricMetadata.Type.GAUGE, "", "two")),
            Map.entry("b", new MetricMetadata(MetricMetadata.Type.GAUGE, "", "three")));
  }
}
