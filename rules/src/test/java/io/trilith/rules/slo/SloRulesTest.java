package io.trilith.rules.slo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.trilith.rules.QueryLanguages;
import io.trilith.rules.Rule;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.file.RuleFileReader;
import io.trilith.testing.Golden;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class SloRulesTest {
  private static final QueryLanguages LANGUAGES = new QueryLanguages(100);
  private static final long NOW = Instant.parse("2026-11-21T16:00:00Z").toEpochMilli();
  private static final SloRules RULES = new SloRules(LANGUAGES);

  private static List<Slo> example(String name) throws IOException {
    Path file = Path.of(System.getProperty("trilith.root", ".."), "config/slos", name);
    SloFileReader.Content content =
        new SloFileReader(LANGUAGES, 100).read(name, Files.readString(file));
    assertThat(content.problems()).isEmpty();
    return content.slos();
  }

  private static Rule rule(List<RuleGroup> groups, String name, int number) {
    return groups.stream()
        .flatMap(group -> group.rules().stream())
        .filter(rule -> rule.name().equals(name))
        .toList()
        .get(number);
  }

  @Test
  void groupsNamesAndLabelsAreThoseOfSloth() throws IOException {
    List<RuleGroup> groups = RULES.groups(example("sloth.yaml").getFirst(), NOW);
    assertThat(groups)
        .extracting(RuleGroup::name)
        .containsExactly(
            "sloth-slo-sli-recordings-myservice-requests-availability",
            "sloth-slo-meta-recordings-myservice-requests-availability",
            "sloth-slo-alerts-myservice-requests-availability");
    assertThat(groups.get(0).rules())
        .extracting(Rule::name)
        .containsExactly(
            "slo:sli_error:ratio_rate5m",
            "slo:sli_error:ratio_rate30m",
            "slo:sli_error:ratio_rate1h",
            "slo:sli_error:ratio_rate2h",
            "slo:sli_error:ratio_rate6h",
            "slo:sli_error:ratio_rate1d",
            "slo:sli_error:ratio_rate3d",
            "slo:sli_error:ratio_rate30d");
    assertThat(groups.get(0).rules().getFirst().labels())
        .isEqualTo(
            Map.of(
                "sloth_id", "myservice-requests-availability",
                "sloth_service", "myservice",
                "sloth_slo", "requests-availability",
                "sloth_window", "5m",
                "owner", "myteam"));
    assertThat(groups.get(1).rules())
        .extracting(Rule::name)
        .containsExactly(
            "slo:objective:ratio",
            "slo:error_budget:ratio",
            "slo:time_period:days",
            "slo:current_burn_rate:ratio",
            "slo:period_burn_rate:ratio",
            "slo:period_error_budget_remaining:ratio",
            "sloth_slo_info");
    assertThat(rule(groups, "slo:objective:ratio", 0).expr()).isEqualTo("vector(0.999)");
    assertThat(rule(groups, "slo:error_budget:ratio", 0).expr()).isEqualTo("vector(0.001)");
    assertThat(rule(groups, "slo:time_period:days", 0).expr()).isEqualTo("vector(30)");
    Rule page = rule(groups, "MyServiceHighErrorRate", 0);
    Rule ticket = rule(groups, "MyServiceHighErrorRate", 1);
    assertThat(page.labels())
        .isEqualTo(
            Map.of("sloth_severity", "page", "category", "availability", "severity", "pageteam"));
    assertThat(ticket.labels())
        .isEqualTo(
            Map.of("sloth_severity", "ticket", "category", "availability", "severity", "slack"));
    assertThat(page.expr())
        .contains("ratio_rate5m{", "ratio_rate1h{", "> (14.4 * 0.001)")
        .contains("ratio_rate30m{", "ratio_rate6h{", "> (6 * 0.001)");
    assertThat(ticket.expr())
        .contains("ratio_rate2h{", "ratio_rate1d{", "> (3 * 0.001)")
        .contains("ratio_rate6h{", "ratio_rate3d{", "> (1 * 0.001)");
  }

  @Test
  void factorsScaleWithThePeriod() {
    long period = 28 * 86_400_000L;
    assertThat(SloRules.factor(period, 3_600_000, 2)).isEqualByComparingTo("13.44");
    assertThat(SloRules.factor(period, 21_600_000, 5)).isEqualByComparingTo("5.6");
    assertThat(SloRules.factor(period, 86_400_000, 10)).isEqualByComparingTo("2.8");
    assertThat(SloRules.factor(period, 259_200_000, 10))
        .isCloseTo(new BigDecimal("0.9333333333333333"), within(new BigDecimal("1e-15")));
  }

  @Test
  void fewEventsWakeNobody() throws IOException {
    Slo payments =
        example("shop.yaml").stream()
            .filter(slo -> slo.name().equals("payments"))
            .findFirst()
            .orElseThrow();
    List<RuleGroup> groups = RULES.groups(payments, NOW);
    assertThat(rule(groups, "ErrorBudgetBurn", 0).expr())
        .contains("and on (sloth_id) (sum by (sloth_id, sloth_service, sloth_slo)")
        .contains(">= 100");
    // A calendar's period is named.
    assertThat(rule(groups, "slo:sli_error:ratio_rate1M", 0).expr())
        .contains("slo_period=\"2026-11-01\"")
        .contains("[30d]");
  }

  @Test
  void planIsArulesFileAndAsItWas() throws IOException {
    List<Slo> all = new ArrayList<>();
    for (String name : List.of("openslo.yaml", "shop.yaml", "sloth.yaml")) {
      all.addAll(example(name));
    }
    String yaml = RULES.yaml(all, NOW);
    RuleFileReader.Content content = new RuleFileReader(LANGUAGES).file("plan", yaml, false);
    assertThat(content.problems()).isEmpty();
    assertThat(content.groups()).hasSize(4 * all.size());
    byte[] golden = Golden.bytes("rules", "slo-plan.yaml", yaml.getBytes(StandardCharsets.UTF_8));
    assertThat(yaml).isEqualTo(new String(golden, StandardCharsets.UTF_8));
  }

  @Test
  void forecastLetsOldErrorsLeave() throws IOException {
    Slo slo = example("sloth.yaml").getFirst();
    long day = 86_400_000;
    EventSteps steps = EventSteps.between(NOW - 30 * day, NOW, 60_000);
    for (int i = 0; i < steps.size(); i++) {
      // 0.05 % are bad; in the last six hours 0.5 %.
      boolean recent = steps.time(i) > NOW - Budget.BASIS_MILLIS;
      steps.setCounted(i, recent ? 9950 : 9995, 10_000);
    }
    Budget budget = Budget.of(slo, slo.objective(), steps);
    assertThat(budget.remaining()).isBetween(0.45, 0.5);
    // 43,200 minutes allow 432,000 bad; 45 more a minute than leave.
    long left = (long) (432_000 - budget.counts().bad());
    assertThat(budget.exhaustedAt())
        .isEqualTo(OptionalLong.of(NOW + Math.ceilDiv(left, 45) * 60_000));
    for (int i = 0; i < steps.size(); i++) {
      steps.setCounted(i, 9995, 10_000);
    }
    assertThat(Budget.of(slo, slo.objective(), steps).exhaustedAt()).isEmpty();
    assertThat(Budget.of(slo, slo.objective(), steps).exhausted()).isFalse();
  }
}
