package io.trilith.rules.lint;

import io.trilith.promql.ast.DurationExpr;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.Trees;
import io.trilith.rules.Rule;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.RuleQuery;
import io.trilith.rules.file.AlertTemplate;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks for what a server takes and nobody wants: by the rules alone, and, when there is an index,
 * by what it has. Rules over logs and traces get the checks that do not read PromQL. Not
 * thread-safe.
 */
public final class RuleLint {
  private static final long SCRAPE_MILLIS = 60_000;
  private static final Set<String> TWO_SAMPLES =
      Set.of("rate", "irate", "increase", "delta", "idelta", "deriv");

  /**
   * What is looked for.
   *
   * @param intervalMillis of groups that name none
   * @param scrapeMillis how far samples lie from each other; absent for what the index measures, or
   *     a minute
   * @param budgetRequired whether each alert must have a budget
   * @param budgetMax the greatest one that may be promised
   * @param seriesMax how many series a rule may read; 0 for any number
   */
  public record Settings(
      Set<Check> checks,
      long intervalMillis,
      OptionalLong scrapeMillis,
      boolean budgetRequired,
      long budgetMax,
      long seriesMax) {}

  /** A group and the file it is from. */
  public record Source(String file, RuleGroup group) {}

  /**
   * How many series a rule reads.
   *
   * @param number of the rule in its group, from 1 on
   */
  public record Cost(String file, String group, int number, String rule, long series) {}

  /**
   * What came of it.
   *
   * @param costs of rules in PromQL; empty without an index
   */
  public record Report(List<Finding> findings, List<Cost> costs) {}

  private final Settings settings;
  private final @Nullable LiveIndex index;
  private final List<Finding> findings = new ArrayList<>();
  private final List<Cost> costs = new ArrayList<>();
  private final Set<String> recorded = new HashSet<>();
  private final Map<String, String> written = new HashMap<>();

  /** Without an index the checks that need one are left out. */
  public RuleLint(Settings settings, @Nullable LiveIndex index) {
    this.settings = settings;
    this.index = index;
  }

  /** Checks groups that belong together; used once. */
  public Report lint(List<Source> sources) {
    recorded.add("ALERTS");
    recorded.add("ALERTS_FOR_STATE");
    for (Source source : sources) {
      for (Rule rule : source.group().rules()) {
        if (!rule.alerting()) {
          recorded.add(rule.name());
        }
      }
    }
    for (Source source : sources) {
      for (int i = 0; i < source.group().rules().size(); i++) {
        lint(new RuleFindings(source, i, settings.checks(), findings));
      }
    }
    return new Report(List.copyOf(findings), List.copyOf(costs));
  }

  private void lint(RuleFindings at) {
    duplicate(at);
    shortFor(at);
    if (at.rule().query() instanceof RuleQuery.Promql promql) {
      Expr tree = promql.tree();
      List<Selected> selected = Selected.of(tree);
      rateWindow(tree, at);
      regexes(selected, at);
      counters(selected, at);
      LabelFlow flow = new LabelFlow(tree, this::leaf);
      templates(flow.at(tree), at);
      if (index != null) {
        LiveChecks live = new LiveChecks(index, recorded);
        live.missing(selected, at);
        live.grouping(tree, flow, at);
        long series = live.cost(selected, settings.seriesMax(), at);
        costs.add(new Cost(at.file(), at.group().name(), at.number(), at.rule().name(), series));
      }
      new Budgets(settings.budgetRequired(), settings.budgetMax(), index).check(selected, at);
    } else {
      templates(LogLabels.of(at.rule().query()), at);
      new Budgets(settings.budgetRequired(), settings.budgetMax(), null).check(List.of(), at);
    }
  }

  /** The labels of a selector's series: those the index knows, if it has any. */
  private LabelSet leaf(Expr.VectorSelector selector) {
    Selected one = new Selected(selector, false, false);
    if (index == null || recorded.contains(one.metric())) {
      return LabelFlow.byMatchers(selector);
    }
    Set<String> labels = index.labels(one.text());
    return labels.isEmpty() ? LabelFlow.byMatchers(selector) : LabelSet.of(labels);
  }

  private void duplicate(RuleFindings at) {
    Rule rule = at.rule();
    String what = (rule.alerting() ? "alert " : "record ") + rule.name() + Labels.of(rule.labels());
    if (rule.alerting()) {
      what += " " + rule.query().text();
    }
    String earlier = written.putIfAbsent(what, at.place());
    if (earlier != null) {
      at.add(
          Check.DUPLICATE_RULE,
          (rule.alerting()
                  ? "the same alert with the same labels is in "
                  : "the same series are recorded by ")
              + earlier
              + "; drop one or give it a label of its own",
          Map.of("other", earlier));
    }
  }

  private void shortFor(RuleFindings at) {
    long interval =
        at.group().intervalMillis() > 0 ? at.group().intervalMillis() : settings.intervalMillis();
    long wait = at.rule().forMillis();
    if (wait > 0 && wait < interval) {
      at.add(
          Check.SHORT_FOR,
          "for is "
              + seconds(wait)
              + " and the group is evaluated every "
              + seconds(interval)
              + ": the alert fires at the second evaluation all the same; wait longer or leave for"
              + " out",
          Map.of("for", seconds(wait), "interval", seconds(interval)));
    }
  }

  private static String seconds(long millis) {
    return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
  }

  private void rateWindow(Expr tree, RuleFindings at) {
    if (!settings.checks().contains(Check.RATE_WINDOW)) {
      return;
    }
    for (Expr node : Trees.postOrder(tree)) {
      if (node instanceof Expr.Call call
          && TWO_SAMPLES.contains(call.function().name())
          && !call.arguments().isEmpty()
          && call.arguments().getFirst().unwrapped() instanceof Expr.MatrixSelector matrix) {
        long range = length(matrix.range());
        long apart = apart(new Selected(matrix.selector(), true, true));
        if (range > 0 && range < 2 * apart) {
          at.add(
              Check.RATE_WINDOW,
              call.function().name()
                  + " over "
                  + seconds(range)
                  + " of "
                  + new Selected(matrix.selector(), true, true).text()
                  + ", whose samples are "
                  + seconds(apart)
                  + " apart: it needs two samples; take at least "
                  + seconds(4 * apart),
              Map.of("window", seconds(range), "interval", seconds(apart)));
        }
      }
    }
  }

  private long apart(Selected selected) {
    if (settings.scrapeMillis().isPresent()) {
      return settings.scrapeMillis().getAsLong();
    }
    long measured = index == null ? 0 : index.intervalMillis(selected.text());
    return measured > 0 ? measured : SCRAPE_MILLIS;
  }

  /** Milliseconds of a duration; 0 of one that is computed. */
  private static long length(DurationExpr duration) {
    return switch (duration) {
      case DurationExpr.Literal literal -> Math.round(literal.seconds() * 1000);
      case DurationExpr.Parenthesized inner -> length(inner.inner());
      case DurationExpr.Step _,
          DurationExpr.Range _,
          DurationExpr.Negated _,
          DurationExpr.Pick _,
          DurationExpr.Operation _ ->
          0;
    };
  }

  private static void regexes(List<Selected> selected, RuleFindings at) {
    Set<String> told = new LinkedHashSet<>();
    for (Selected one : selected) {
      for (Matcher matcher : one.selector().matchers()) {
        String instead = PlainRegex.instead(matcher);
        String text = matcher.name() + matcher.op().text() + '"' + matcher.value() + '"';
        if (instead != null && told.add(text)) {
          at.add(
              Check.NEEDLESS_REGEX,
              text + " needs no regular expression: " + instead,
              Map.of("matcher", text));
        }
      }
    }
  }

  private void counters(List<Selected> selected, RuleFindings at) {
    if (!at.rule().alerting() || !settings.checks().contains(Check.COUNTER_WITHOUT_RATE)) {
      return;
    }
    Set<String> told = new LinkedHashSet<>();
    for (Selected one : selected) {
      String metric = one.metric();
      if (!one.restartsSeen() && isCounter(metric) && told.add(metric)) {
        at.add(
            Check.COUNTER_WITHOUT_RATE,
            metric
                + " is a counter: it grows for ever and falls to zero with each restart; take rate"
                + " or increase of it",
            Map.of("metric", metric));
      }
    }
  }

  private boolean isCounter(String metric) {
    boolean named = metric.endsWith("_total") || metric.endsWith("_bucket");
    if (index == null || metric.isEmpty()) {
      return named;
    }
    return index.counter(metric).orElse(named);
  }

  private static void templates(LabelSet labels, RuleFindings at) {
    if (!at.rule().alerting()) {
      return;
    }
    Set<String> told = new LinkedHashSet<>();
    List<Map<String, String>> all = List.of(at.rule().labels(), at.rule().annotations());
    for (Map<String, String> texts : all) {
      texts.forEach(
          (key, text) -> {
            for (String name : AlertTemplate.labelsOf(at.rule().name(), text)) {
              if (!labels.mayHave(name) && told.add(name)) {
                at.add(
                    Check.TEMPLATE_LABEL,
                    key
                        + " uses $labels."
                        + name
                        + ", which is always empty: the expression leaves no such label",
                    Map.of("label", name, "template", key));
              }
            }
          });
    }
  }
}
