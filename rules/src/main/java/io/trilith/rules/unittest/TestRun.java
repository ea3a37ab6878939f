package io.trilith.rules.unittest;

import io.trilith.engine.QueryContext;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.promql.parser.SeriesNotation;
import io.trilith.rules.Language;
import io.trilith.rules.QueryLanguages;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.RuleQuery;
import io.trilith.rules.RuleSample;
import io.trilith.rules.eval.Alert;
import io.trilith.rules.eval.LanguageEngines;
import io.trilith.rules.eval.MemorySeries;
import io.trilith.rules.eval.SteppedGroup;
import io.trilith.rules.unittest.UnitTestResult.Failure;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.text.FloatText;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.NativeHistogram.ResetHint;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Runs one test: evaluates all groups at each evaluation interval, over the series as far as they
 * are there by then, and asks. Used once.
 */
final class TestRun {
  private static final String ALERT_NAME = "alertname";

  private final UnitTestFile file;
  private final UnitTestFile.Test test;
  private final List<RuleGroup> groups;
  private final LanguageEngines engines;
  private final QueryLanguages languages;
  private final MemorySeries store = new MemorySeries();
  private final List<Failure> failures = new ArrayList<>();

  /** The input, and how far it is in the store already. */
  private final List<Feed> feeds = new ArrayList<>();

  private static final class Feed {
    private final SeriesNotation.Row row;
    private int next;
    private @Nullable FloatHistogram last;

    Feed(SeriesNotation.Row row) {
      this.row = row;
    }
  }

  TestRun(
      UnitTestFile file,
      UnitTestFile.Test test,
      List<RuleGroup> groups,
      LanguageEngines engines,
      QueryLanguages languages) {
    this.file = file;
    this.test = test;
    this.groups = groups;
    this.engines = engines;
    this.languages = languages;
  }

  UnitTestResult.TestResult run() throws InterruptedException {
    for (UnitTestFile.Input input : test.input()) {
      try {
        feeds.add(new Feed(SeriesNotation.row(input.series() + " " + input.values())));
      } catch (InvalidRequestException e) {
        error("input_series " + input.series() + ": " + e.getMessage());
      }
    }
    if (failures.isEmpty() && evaluate()) {
      for (UnitTestFile.ExprCheck check : test.exprs()) {
        check(check);
      }
    }
    return new UnitTestResult.TestResult(test.name(), List.copyOf(failures));
  }

  private void error(String what) {
    failures.add(new Failure(what, List.of(), List.of()));
  }

  /** Evaluates the groups and checks alerts on the way; false when a rule failed. */
  private boolean evaluate() throws InterruptedException {
    List<SteppedGroup> stepped = new ArrayList<>();
    for (RuleGroup group : groups) {
      stepped.add(
          new SteppedGroup(
              group,
              SteppedGroup.over(store, engines),
              languages,
              test.externalLabels(),
              test.externalUrl()));
    }
    List<UnitTestFile.AlertCheck> checks = new ArrayList<>(test.alerts());
    checks.sort(Comparator.comparingLong(UnitTestFile.AlertCheck::time));
    int next = 0;
    for (long at = 0; at <= test.end(); at += file.evaluationInterval()) {
      feed(at);
      boolean good = true;
      for (SteppedGroup group : stepped) {
        for (String text : group.step(test.start() + at, store)) {
          error("group: " + group.group().name() + ", " + text + ", time: " + time(at));
          good = false;
        }
      }
      if (!good) {
        return false;
      }
      while (next < checks.size() && checks.get(next).time() < at + file.evaluationInterval()) {
        check(checks.get(next++), stepped);
      }
    }
    return true;
  }

  /** Puts the input into the store, as far as it lies at or before a time. */
  private void feed(long until) {
    for (Feed feed : feeds) {
      List<SeriesNotation.@Nullable Point> points = feed.row.points();
      while (feed.next < points.size() && feed.next * test.interval() <= until) {
        SeriesNotation.Point point = points.get(feed.next);
        if (point != null) {
          long millis = test.start() + feed.next * test.interval();
          store.add(feed.row.labels(), millis, point.value(), hinted(feed, point));
        }
        feed.next++;
      }
    }
  }

  /** A histogram with what a store knows of it: whether it goes on from the one before. */
  private static @Nullable NativeHistogram hinted(Feed feed, SeriesNotation.Point point) {
    FloatHistogram histogram = point.histogram();
    if (histogram == null) {
      return null;
    }
    FloatHistogram before = feed.last;
    feed.last = histogram;
    NativeHistogram made = histogram.toNative();
    if (before == null || made.resetHint() == ResetHint.GAUGE) {
      return made;
    }
    return made.withHint(histogram.resetSince(before) ? ResetHint.YES : ResetHint.NO);
  }

  private static String time(long millis) {
    return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
  }

  private void check(UnitTestFile.AlertCheck check, List<SteppedGroup> stepped) {
    List<String> expected = new ArrayList<>();
    for (UnitTestFile.ExpectedAlert alert : check.expected()) {
      Map<String, String> labels = new TreeMap<>(alert.labels());
      labels.put(ALERT_NAME, check.alertName());
      expected.add(alert(Labels.of(labels), alert.annotations()));
    }
    List<String> got = new ArrayList<>();
    for (SteppedGroup group : stepped) {
      for (Alert alert : group.alerts(check.alertName())) {
        if (alert.state() == Alert.State.FIRING) {
          got.add(alert(alert.labels(), alert.annotations()));
        }
      }
    }
    expected.sort(Comparator.naturalOrder());
    got.sort(Comparator.naturalOrder());
    if (!expected.equals(got)) {
      failures.add(
          new Failure(
              "alertname: " + check.alertName() + ", time: " + time(check.time()), expected, got));
    }
  }

  private static String alert(Labels labels, Map<String, String> annotations) {
    return "Labels:" + labels + " Annotations:" + Labels.of(annotations);
  }

  /** A sample as it is compared. */
  private record Sample(Labels labels, double value, @Nullable FloatHistogram histogram) {
    @Override
    public String toString() {
      String text = histogram == null ? FloatText.json(value) : histogram + hint();
      return labels + " " + text;
    }

    private String hint() {
      ResetHint hint = histogram == null ? ResetHint.UNKNOWN : histogram.hint();
      return switch (hint) {
        case UNKNOWN -> "";
        case YES -> " reset";
        case NO -> " not_reset";
        case GAUGE -> " gauge";
      };
    }
  }

  private void check(UnitTestFile.ExprCheck check) {
    String what = "expr: \"" + check.expr() + "\", time: " + time(check.time());
    List<Sample> expected = new ArrayList<>();
    List<Sample> got = new ArrayList<>();
    try {
      for (UnitTestFile.ExpectedSample sample : check.expected()) {
        expected.add(expected(sample));
      }
      RuleQuery query = languages.parse(Language.PROMQL, check.expr());
      for (RuleSample sample :
          engines.promql(
              (RuleQuery.Promql) query,
              test.start() + check.time(),
              store,
              QueryContext.unlimited())) {
        got.add(new Sample(sample.labels(), sample.value(), sample.histogram()));
      }
    } catch (RuntimeException e) {
      error(what + ", err: " + e.getMessage());
      return;
    }
    expected.sort(Comparator.comparing(Sample::labels));
    got.sort(Comparator.comparing(Sample::labels));
    if (!equal(expected, got)) {
      failures.add(
          new Failure(
              what,
              expected.stream().map(Sample::toString).toList(),
              got.stream().map(Sample::toString).toList()));
    }
  }

  private static Sample expected(UnitTestFile.ExpectedSample sample) {
    Labels labels = SeriesNotation.metric(sample.labels());
    if (sample.histogram().isEmpty()) {
      return new Sample(labels, sample.value(), null);
    }
    SeriesNotation.Point point = SeriesNotation.row("h " + sample.histogram()).points().getFirst();
    return new Sample(labels, 0, point == null ? null : point.histogram());
  }

  private boolean equal(List<Sample> expected, List<Sample> got) {
    if (expected.size() != got.size()) {
      return false;
    }
    for (int i = 0; i < got.size(); i++) {
      Sample one = expected.get(i);
      Sample other = got.get(i);
      FloatHistogram histogram = one.histogram();
      FloatHistogram found = other.histogram();
      boolean same =
          histogram == null
              ? found == null && equal(one.value(), other.value())
              : found != null
                  && one.toString().equals(other.toString())
                  && histogram.schema() == found.schema()
                  && histogram.zeroThreshold() == found.zeroThreshold();
      if (!one.labels().equals(other.labels()) || !same) {
        return false;
      }
    }
    return true;
  }

  private boolean equal(double expected, double got) {
    return Double.compare(expected, got) == 0
        || expected == got
        || (file.fuzzy() && (Math.nextUp(expected) == got || Math.nextDown(expected) == got));
  }
}
