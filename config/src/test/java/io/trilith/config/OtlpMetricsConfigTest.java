package io.trilith.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OtlpMetricsConfigTest {
  private static OtlpMetricsConfig with(String... sets) {
    List<String> keys = List.of(sets).stream().map(set -> "otlp-metrics." + set).toList();
    return new ConfigReader(Map.of()).read(null, keys).otlpMetrics();
  }

  @Test
  void hasTheDefaultsOfPrometheus() {
    OtlpMetricsConfig config = OtlpMetricsConfig.defaults();
    assertThat(config.promoteResourceAttributes()).isEmpty();
    assertThat(config.promoteAllResourceAttributes()).isFalse();
    assertThat(config.keepIdentifyingResourceAttributes()).isFalse();
    assertThat(config.promoteScopeMetadata()).isFalse();
    assertThat(config.convertHistogramsToNhcb()).isFalse();
    assertThat(config.translationStrategy())
        .isEqualTo(OtlpTranslation.UNDERSCORE_ESCAPING_WITH_SUFFIXES);
    assertThat(config.labelNameUnderscoreSanitization()).isTrue();
    assertThat(config.labelNamePreserveMultipleUnderscores()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void takesPrometheusNamesOfStrategies(OtlpTranslation strategy) {
    OtlpMetricsConfig config = with("translation-strategy=" + strategy);
    assertThat(config.translationStrategy()).isEqualTo(strategy);
    TrilithConfig whole =
        new ConfigReader(Map.of())
            .read(null, List.of("otlp-metrics.translation-strategy=" + strategy));
    assertThat(ConfigReference.settings(whole))
        .containsEntry("otlp-metrics.translation-strategy", strategy.toString());
  }

  @Test
  void namesTheStrategiesWhenOneIsUnknown() {
    assertThatThrownBy(() -> with("translation-strategy=None"))
        .hasMessageContaining("otlp-metrics.translation-strategy: 'None'")
        .hasMessageContaining("NoTranslation");
  }

  @Test
  void refusesContradictions() {
    assertThatThrownBy(
            () -> with("promote-all-resource-attributes=true", "promote-resource-attributes=a.b"))
        .hasMessageContaining("promote-all-resource-attributes")
        .hasMessageContaining("a.b");
    assertThatThrownBy(() -> with("ignore-resource-attributes=a.b"))
        .hasMessageContaining("promote-all-resource-attributes: true");
    assertThatThrownBy(() -> with("promote-resource-attributes=a*b"))
        .hasMessageContaining("'a*b' is no name");
  }
}
