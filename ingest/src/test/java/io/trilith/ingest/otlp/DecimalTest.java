package io.trilith.ingest.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.testing.Seeds;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecimalTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "-0.0, -0",
    "100, 100",
    "0.1, 0.1",
    "1e-6, 0.000001",
    "1e-7, 1e-7",
    "-1.5e-9, -1.5e-9",
    "1e20, 100000000000000000000",
    "1e21, 1e+21",
    "1.5e300, 1.5e+300",
    "2e23, 2e+23",
    "4.9e-324, 5e-324",
    "1.7976931348623157e308, 1.7976931348623157e+308",
    "NaN, NaN",
    "Infinity, +Inf"
  })
  void printsAsTheCollector(double value, String text) {
    assertThat(Decimal.collector(value)).isEqualTo(text);
  }

  @Test
  void everyNumberReadsBackAsItself() {
    SplittableRandom random = Seeds.random("DecimalTest");
    for (int i = 0; i < 100_000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (Double.isFinite(value)) {
        assertThat(Double.parseDouble(Decimal.collector(value))).isEqualTo(value);
      }
    }
  }
}
