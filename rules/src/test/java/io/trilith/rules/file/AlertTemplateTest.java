package io.trilith.rules.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.engine.template.TemplateException;
import io.trilith.rules.RuleSample;
import io.trilith.storage.model.Labels;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AlertTemplateTest {
  private static final AlertTemplate.Surroundings AROUND =
      new AlertTemplate.Surroundings() {
        @Override
        public Map<String, String> externalLabels() {
          return Map.of("region", "eu");
        }

        @Override
        public String externalUrl() {
          return "http://ext.example:1234/pfx";
        }

        @Override
        public long tick() {
          return 1_435_065_584_128L;
        }

        @Override
        public List<RuleSample> query(String expr) {
          if (expr.equals("bad")) {
            throw new IllegalArgumentException("no such thing");
          }
          return expr.equals("none")
              ? List.of()
              : List.of(
                  new RuleSample(Labels.of("i", "b", "__value__", "x"), 2),
                  new RuleSample(Labels.of("i", "a"), 1.5));
        }
      };

  private static String expand(String text, double value) {
    return AlertTemplate.of("A", text)
        .expand(
            Map.of("job", "node", "instance", "db1.example.com:9100"),
            new RuleSample(Labels.EMPTY, value),
            AROUND);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '\0',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "100000~{{ $value }}~100000",
        "1e6~{{ $value }}~1e+06",
        "1234567~{{ $value }}~1.234567e+06",
        "0.00012345~{{ $value }}~0.00012345",
        "0.000012345~{{ $value }}~1.2345e-05",
        "0~{{ humanize $value }}~0",
        "123.45~{{ humanize $value }}~123.5",
        "1234567~{{ humanize $value }}~1.235M",
        "0.0000005~{{ humanize $value }}~500n",
        "1048576~{{ humanize1024 $value }}~1Mi",
        "1~{{ humanize1024 $value }}~1",
        "0.5~{{ humanizeDuration $value }}~500ms",
        "59.9~{{ humanizeDuration $value }}~59.9s",
        "61~{{ humanizeDuration $value }}~1m 1s",
        "93784.5~{{ humanizeDuration $value }}~1d 2h 3m 4s",
        "-93784.5~{{ humanizeDuration $value }}~-1d 2h 3m 4s",
        "0.12345~{{ humanizePercentage $value }}~12.35%",
        "1435065584.128~{{ humanizeTimestamp $value }}~2015-06-23 13:19:44.128 +0000 UTC",
        "NaN~{{ humanizeTimestamp $value }}~NaN",
        "1~{{ (1435065584.128 | toTime).Format \"2006-01-02 15:04\" }}~2015-06-23 13:19",
        "1~{{ (now | toTime).Year | printf \"%d\" }}~2015",
        "1~{{ (90.5 | toDuration).String }} {{ (1800.0 | toDuration).Minutes }}~1m30.5s 30",
        "1~{{ parseDuration \"1h2m10ms\" }} {{ parseDuration \"-1h\" }}~3720.01 -3600",
        "1~{{ $labels.job }} {{ .Labels.instance }} {{ $labels.none }}|~node db1.example.com:9100"
            + " |",
        "1~{{ $labels }}~map[instance:db1.example.com:9100 job:node]",
        "1~{{ $externalLabels.region }} {{ $externalURL }}{{ pathPrefix }} {{ externalURL }}~eu"
            + " http://ext.example:1234/pfx/pfx http://ext.example:1234/pfx",
        "1~{{ \"foo.example.com:12345\" | stripPort }} {{ \"[2001:DB8::1]:443\" | stripPort }} {{"
            + " stripPort \"x\" }}~foo.example.com 2001:DB8::1 x",
        "1~{{ \"foo.example.com:12345\" | stripDomain }} {{ \"192.0.2.1:80\" | stripDomain }} {{"
            + " stripDomain \"a.b\" }}~foo:12345 192.0.2.1:80 a",
        "1~{{ reReplaceAll \"(?P<n>[0-9]+)\" \"<${n}>\" \"a12b3\" }} {{ match \"a+\" \"baac\""
            + " }}~a<12>b<3> true",
        "1~{{ range query \"up\" | sortByLabel \"i\" }}{{ .Labels.i }}={{ .Value }};{{ end"
            + " }}~a=1.5;b=2;",
        "1~{{ query \"up\" | first | value }} {{ query \"up\" | first | label \"i\" }} {{ query"
            + " \"up\" | first | strvalue }}~2 b x",
        "1~{{ with query \"none\" }}some{{ else }}none{{ end }}~none",
        "1~{{ graphLink \"up > 1\" }} {{ tableLink \"up\" }}~/graph?g0.expr=up+%3E+1&g0.tab=0"
            + " /graph?g0.expr=up&g0.tab=1",
        "1~{{ define \"t\" }}<{{ .arg0 }}-{{ .arg1 }}>{{ end }}{{ template \"t\" (args 1 \"b\")"
            + " }}~<1-b>",
        "1~{{ printf \"%d %s %.2f %5.1f|%-4d|%q\" 3 \"a\" 1.005 2.25 7 \"x\" }}~3 a 1.00   2.2|7  "
            + " |\"x\"",
        "5~{{ printf \"%d\" $value }} {{ printf \"%s\" $value }}~%!d(float64=5) %!s(float64=5)",
        "12~{{ if gt $value 10.0 }}high{{ else }}low{{ end }}~high",
        "1~plain {single}~plain {single}"
      })
  void expandsAsPrometheus(double value, String template, String expected) {
    assertThat(expand(template, value)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "{{ .Nope }}~can't evaluate field Nope",
        "before {{ humanize \"x\" }} after~error executing template __alert_A: template:"
            + " __alert_A:1:",
        "{{ index $labels 1 }}~cannot index",
        "{{ reReplaceAll \"(\" \"x\" \"y\" }}~error calling reReplaceAll",
        "{{ toUpper 1 }}~wrong type for value; expected string; got int",
        "{{ gt $value 10 }}~incompatible types for comparison",
        "{{ query \"bad\" }}~no such thing",
        "{{ query \"none\" | first }}~first() called on vector with no elements",
        "{{ template \"x\" }}~not defined",
        "{{ toTime \"NaN\" }}~NaN",
        "{{ humanizeTimestamp 9.9e27 }}~overflows int64"
      })
  void aFailureIsATextThatTellsIt(String template, String part) {
    assertThat(expand(template, 1))
        .startsWith("<error expanding template: ")
        .endsWith(">")
        .contains(part);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ $labelx }}",
        "{{ nofunc }}",
        "{{ .a",
        "{{ if }}",
        "{{ end }}",
        "{{ __line__ }}"
      })
  void refusesWhatIsNoTemplate(String template) {
    assertThatThrownBy(() -> AlertTemplate.check("A", template))
        .isInstanceOf(TemplateException.class);
  }

  @Test
  void columnsCountThePrefixAsInPrometheus() {
    assertThat(expand("{{ humanize \"x\" }}", 1)).contains("__alert_A:1:");
  }
}
