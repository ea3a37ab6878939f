package io.trilith.rules.unittest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.promql.parser.SeriesNotation;
import io.trilith.regex.Regex;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.testing.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnitTestsTest {
  private static final String RULES =
      """
      groups:
      - name: g
        rules:
        - {record: 'job:up:sum', expr: 'sum by (job) (up)'}
        - {alert: Down, expr: 'up == 0', for: 2m, labels: {severity: page}, annotations: {d: 'down: {{ $value }}'}}
      """;

  @TempDir Path directory;

  private UnitTestResult run(String tests, String... chosen)
      throws IOException, InterruptedException {
    Files.writeString(directory.resolve("rules.yml"), RULES);
    Path file = Files.writeString(directory.resolve("test.yml"), tests);
    return new UnitTests(List.of(chosen).stream().map(Regex::compile).toList(), false).run(file);
  }

  private static String test(String checks) {
    return """
    rule_files: ['rul*.yml']
    tests:
    - name: one
      interval: 1m
      input_series:
      - {series: 'up{job="a", i="1"}', values: '1 0x10'}
      - {series: 'up{job="a", i="2"}', values: '1x11'}
    """
        + checks;
  }

  @Test
  void whatIsAsExpectedPasses() throws Exception {
    UnitTestResult result =
        run(
            test(
                """
                  promql_expr_test:
                  - {expr: 'job:up:sum', eval_time: 5m, exp_samples: [{labels: 'job:up:sum{job="a"}', value: 1}]}
                  alert_rule_test:
                  - {eval_time: 2m, alertname: Down, exp_alerts: []}
                  - eval_time: 3m
                    alertname: Down
                    exp_alerts:
                    - exp_labels: {severity: page, job: a, i: '1'}
                      exp_annotations: {d: 'down: 0'}
                """));
    assertThat(result.errors()).isEmpty();
    assertThat(result.tests().getFirst().failures()).isEmpty();
    assertThat(result.passed()).isTrue();
  }

  @Test
  void whatIsNotFailsWithBothSides() throws Exception {
    UnitTestResult result =
        run(
            test(
                """
                  promql_expr_test:
                  - {expr: 'job:up:sum', eval_time: 5m, exp_samples: [{labels: 'job:up:sum{job="a"}', value: 2}]}
                  alert_rule_test:
                  - {eval_time: 3m, alertname: Down, exp_alerts: []}
                """));
    assertThat(result.tests().getFirst().failures()).hasSize(2);
    assertThat(result.tests().getFirst().failures().getFirst().got())
        .containsExactly(
            "Labels:{alertname=\"Down\", i=\"1\", job=\"a\", severity=\"page\"}"
                + " Annotations:{d=\"down: 0\"}");
    assertThat(
            run(
                    test(
                        "  promql_expr_test: [{expr: 'x', eval_time: 0, exp_samples: [{value:"
                            + " 1}]}]\n"),
                    "other")
                .passed())
        .isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '\0',
      value = {
        "groups: []~field groups not found",
        "group_eval_order: [a, b, a]~group name repeated in evaluation order: a",
        "tests: [{alert_rule_test: [{eval_time: 1m}]}]~misses required attribute alertname",
        "rule_files: [none.yml]~no such file",
        "tests: [{interval: x}]~not a valid duration string"
      })
  void aWrongFileSaysWhy(String text, String reason) throws Exception {
    UnitTestResult result = run(text);
    assertThat(result.passed()).isFalse();
    assertThat(result.errors()).anySatisfy(one -> assertThat(one).contains(reason));
  }

  @Test
  void aPatternThatFindsNothingIsAWarningAndARuleThatFailsAFailure() throws Exception {
    assertThat(run("rule_files: ['none*.yml']").warnings()).hasSize(1);
    Files.writeString(
        directory.resolve("bad.yml"),
        "groups: [{name: g, rules: [{record: x, expr: 'label_replace(up, \"i\", \"\", \"\","
            + " \"\")'}]}]");
    UnitTestResult result =
        run(
            test("  promql_expr_test: [{expr: x, eval_time: 1m, exp_samples: []}]\n")
                .replace("'rul*.yml'", "bad.yml"));
    assertThat(result.passed()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "up{a=\"b\" 1",
        "up{a=b} 1",
        "up{a} 1",
        "up 1x",
        "up 1xx2",
        "up 1+x2",
        "up {{sum:1",
        "up {{foo:1}}",
        "up 1 }",
        "up {{buckets:[1 2}}",
        "up \"",
        "up 1x99999999999"
      })
  void whatIsNoSeriesIsRefused(String text) {
    assertThatThrownBy(() -> SeriesNotation.row(text)).isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void seriesNeverFailOtherwise() {
    SplittableRandom random = Seeds.random("UnitTestsTest");
    String good =
        "up{job=\"a\",i='x'} 1 2+3x4 _x2 stale {{schema:1 sum:2 buckets:[1 2]}}x2 -1e3-2x3";
    for (int i = 0; i < Seeds.iterations(20_000); i++) {
      StringBuilder text = new StringBuilder(good);
      for (int change = random.nextInt(1, 4); change > 0; change--) {
        int at = random.nextInt(text.length());
        if (random.nextBoolean()) {
          text.deleteCharAt(at);
        } else {
          text.insert(at, "{}[]\"'=,x+-_ 1e".charAt(random.nextInt(15)));
        }
      }
      try {
        assertThat(SeriesNotation.row(text.toString())).isNotNull();
      } catch (InvalidRequestException e) {
        assertThat(e.getMessage()).isNotEmpty();
      }
    }
  }
}
