package io.trilith.storage.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.testing.Seeds;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FloatTextTest {
  @Test
  void printsWithoutExponent() {
    assertThat(FloatText.plain(0)).isEqualTo("0");
    assertThat(FloatText.plain(-0.0)).isEqualTo("-0");
    assertThat(FloatText.plain(1.5)).isEqualTo("1.5");
    assertThat(FloatText.plain(1e-7)).isEqualTo("0.0000001");
    assertThat(FloatText.plain(1e23)).isEqualTo("100000000000000000000000");
    assertThat(FloatText.plain(12345678.9)).isEqualTo("12345678.9");
    assertThat(FloatText.plain(Double.NaN)).isEqualTo("NaN");
    assertThat(FloatText.plain(Double.POSITIVE_INFINITY)).isEqualTo("+Inf");
    assertThat(FloatText.plain(Double.NEGATIVE_INFINITY)).isEqualTo("-Inf");
  }

  @Test
  void printsVerySmallAndLargeWithExponentInJson() {
    assertThat(FloatText.json(1e-6)).isEqualTo("0.000001");
    assertThat(FloatText.json(1.5e-7)).isEqualTo("1.5e-07");
    assertThat(FloatText.json(-1e21)).isEqualTo("-1e+21");
    assertThat(FloatText.json(1e20)).isEqualTo("100000000000000000000");
    assertThat(FloatText.json(1e100)).isEqualTo("1e+100");
    assertThat(FloatText.exponent(1)).isEqualTo("1e+00");
    assertThat(FloatText.exponent(0)).isEqualTo("0e+00");
    assertThat(FloatText.withPoint(1)).isEqualTo("1.0");
    assertThat(FloatText.withPoint(0.25)).isEqualTo("0.25");
  }

  @Test
  void printsTheShortestDigitsOfTheSmallestNumbersToo() {
    assertThat(FloatText.json(Double.MIN_VALUE)).isEqualTo("5e-324");
    assertThat(FloatText.json(-2 * Double.MIN_VALUE)).isEqualTo("-1e-323");
    assertThat(FloatText.json(3 * Double.MIN_VALUE)).isEqualTo("1.5e-323");
    assertThat(FloatText.json(4 * Double.MIN_VALUE)).isEqualTo("2e-323");
    assertThat(FloatText.json(1.1e22)).isEqualTo("1.1e+22");
    assertThat(FloatText.plain(Double.MIN_VALUE)).isEqualTo("0." + "0".repeat(323) + "5");
  }

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
    assertThat(FloatText.goJson(value)).isEqualTo(text);
  }

  @Test
  void everyTextReadsBackAsTheSameNumber() {
    SplittableRandom random = Seeds.random("FloatTextTest");
    for (int i = 0; i < Seeds.iterations(20_000); i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (Double.isNaN(value) || Double.isInfinite(value)) {
        continue;
      }
      assertThat(Double.parseDouble(FloatText.plain(value))).isEqualTo(value);
      assertThat(Double.parseDouble(FloatText.json(value))).isEqualTo(value);
      assertThat(Double.parseDouble(FloatText.goJson(value))).isEqualTo(value);
      assertThat(FloatText.plain(value)).doesNotContain("E", "e");
    }
  }
}
