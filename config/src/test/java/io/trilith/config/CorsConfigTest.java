package io.trilith.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CorsConfigTest {
  private static CorsConfig of(String origin, String header) {
    return new CorsConfig(List.of(origin), List.of(header), Duration.ofMinutes(10));
  }

  @ParameterizedTest
  @ValueSource(strings = {"*", "http://app.example", "https://*.corp.example", "http://[::1]:3000"})
  void takesOrigins(String origin) {
    assertThat(of(origin, "x-custom").allowedOrigins()).containsExactly(origin);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"null", "app.example", "http://", "http://a/b", "http://a.*", "http://*", "://a"})
  void refusesWhatIsNoOrigin(String origin) {
    assertThatThrownBy(() -> of(origin, "x-custom"))
        .hasMessageContaining("cors.allowed-origins")
        .hasMessageContaining(origin);
  }

  @Test
  void refusesWhatIsNoHeader() {
    assertThatThrownBy(() -> of("*", "x custom"))
        .hasMessageContaining("cors.allowed-headers")
        .hasMessageContaining("x custom");
  }

  @Test
  void allowsNothingByDefault() {
    assertThat(CorsConfig.defaults().allowedOrigins()).isEmpty();
  }
}
