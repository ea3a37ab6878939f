package io.trilith.storage.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "", " ", "1d", "1f", "1D", "1.5F", "1e9d", " 1", "1 ", "0x1", "0x1.8", "0x1p", "0x", "0xp1",
        "0x1p0d", ".", "+", "-", "e5", "1e", "1e+", "--1", "1,5", "1_", "_1", "1__0", "1._5",
            "1_.5",
        "1e_5", "1e5_", "+nan", "infi", "１", "٣", "1.2.3", "1e999", "0x1p99999", "0b1", "0o7", "1l"
      })
  void whatIsNoFloatOfGoIsRefused(String text) {
    assertThat(GoNumber.real(text)).isEqualTo(OptionalDouble.empty());
  }

  @ParameterizedTest
  @CsvSource({
    "1,1",
    "+1,1",
    "-1.5,-1.5",
    ".5,.5",
    "5.,5",
    "007,7",
    "1e3,1000",
    "1E-1,.1",
    "0x1p0,1",
    "0X1.8P1,3",
    "-0x_1_0p0,-16",
    "1_23.50_0_0e+1_2,1.235e+14",
    "inf,Infinity",
    "-INF,-Infinity",
    "+Infinity,Infinity",
    "nan,NaN",
    "NaN,NaN",
    "1e-999,0",
    "2e308,x",
    "5e-324,4.9e-324"
  })
  void floatsAreThoseOfGo(String text, String value) {
    if (value.equals("x")) {
      assertThat(GoNumber.real(text)).isEmpty();
    } else {
      assertThat(GoNumber.real(text)).hasValue(Double.parseDouble(value));
    }
  }

  @Test
  void wholeNumbersHaveDigitsOfAsciiOnly() {
    assertThat(GoNumber.whole("+12")).hasValue(12);
    assertThat(GoNumber.whole("-9223372036854775808")).hasValue(Long.MIN_VALUE);
    assertThat(GoNumber.whole("ff", 16)).hasValue(255);
    for (String text :
        new String[] {"", "-", "1 ", "1d", "1e1", "１", "9223372036854775808", "1_0"}) {
      assertThat(GoNumber.whole(text)).as(text).isEqualTo(OptionalLong.empty());
    }
    assertThat(GoNumber.digits("x00e9", 1, 5, 16)).isEqualTo(0xe9);
    assertThat(GoNumber.digits("x00g9", 1, 5, 16)).isEqualTo(-1);
    assertThat(GoNumber.digits("x00", 1, 5, 16)).isEqualTo(-1);
    assertThat(GoNumber.digits("89", 0, 2, 8)).isEqualTo(-1);
  }

  @ParameterizedTest
  @CsvSource({"0,0", "1h30m,5400000", "1d,86400000", "1y1w1d1h1m1s1ms,32230861001", "1s500ms,1500"})
  void durationsOfPrometheusHaveWholeFallingUnits(String text, long millis) throws Exception {
    assertThat(Lengths.prometheusMillis(text)).isEqualTo(millis);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "d",
        "1D",
        "1.5h",
        "0.5d",
        "1d1d",
        "1m1h",
        "-1d",
        "1h-5m",
        "1 d",
        "１d",
        "5us",
        "99999999999y",
        "300y",
        "1ms1s"
      })
  void whatIsNoDurationOfPrometheusIsRefused(String text) {
    assertThatThrownBy(() -> Lengths.prometheusMillis(text)).isInstanceOf(Lengths.Malformed.class);
  }

  @ParameterizedTest
  @CsvSource({
    "0,0", "-0,0", "1.5h,5400000000000", "-1m2.5s,-62500000000", "1s1h,3601000000000", "1.5ns,1",
    ".5ms,500000", "5.us,5000", "3µs,3000", "3μs,3000", "0.1s,100000000", "0.3s,300000000",
    "2562047h47m16s,9223372036000000000"
  })
  void durationsOfGoHaveDecimals(String text, long nanos) throws Exception {
    assertThat(Lengths.goNanos(text)).isEqualTo(nanos);
  }

  @ParameterizedTest
  @CsvSource({
    "'',time: invalid duration", "1,time: missing unit in duration", ".s,time: invalid duration",
    "1d,time: unknown unit", "s,time: invalid duration", "1.2.3s,time: missing unit",
    "--1s,time: invalid duration", "9999999h,time: invalid duration", "1S,time: unknown unit"
  })
  void whatIsNoDurationOfGoIsRefusedInItsWords(String text, String message) {
    assertThatThrownBy(() -> Lengths.goNanos(text)).hasMessageStartingWith(message);
  }

  @Test
  void aDecimalOfDaysIsNoDurationAtAll() throws Exception {
    assertThat(Lengths.nanos("1d")).isEqualTo(86_400_000_000_000L);
    assertThat(Lengths.nanos("1.5h")).isEqualTo(5_400_000_000_000L);
    for (String text : new String[] {"1.5d", "0.5w", "1d1.5h", ""}) {
      assertThatThrownBy(() -> Lengths.nanos(text)).isInstanceOf(Lengths.Malformed.class);
    }
  }

  @Test
  void timesAreThoseOfRfc3339() {
    assertThat(Rfc3339.parse("2001-09-09T03:46:40.250+02:00"))
        .hasValue(Instant.ofEpochMilli(1_000_000_000_250L));
    assertThat(Rfc3339.nanos("1970-01-01T00:00:01.1234567891Z")).hasValue(1_123_456_789);
    String[] wrong = {
      "",
      "2001-09-09",
      "2001-09-09T01:46Z",
      "2001-09-09T01:46:40",
      "2001-09-09T01:46:40.Z",
      "2001-09-09t01:46:40Z",
      "2001-09-09T01:46:40z",
      "2001-13-09T01:46:40Z",
      "2001-09-09T01:46:40+02",
      "2001-09-09T01:46:40+02:00:01",
      "+12001-09-09T01:46:40Z",
      "2001-09-09T01:46:40Z[UTC]",
      "２001-09-09T01:46:40Z",
      "2001-09-09T01:46:40Zx"
    };
    for (String text : wrong) {
      assertThat(Rfc3339.parse(text)).as(text).isEmpty();
    }
    assertThat(Rfc3339.nanos("9999-09-09T01:46:40Z")).isEmpty();
  }

  @Test
  void decimalsKeepTheirDigitsAndStayNearOne() {
    assertThat(Decimal.parse("1796087880.123456789").orElseThrow())
        .isEqualByComparingTo("1796087880.123456789");
    for (String text : new String[] {"1e-500", "inf", "nan", "0x1p1", "1d", "", "1".repeat(65)}) {
      assertThat(Decimal.parse(text)).as(text).isEmpty();
    }
  }
}
