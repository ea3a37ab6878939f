package io.trilith.rules.eval;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Summary;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.rules.GroupKey;
import java.util.List;

/** What the evaluation of rules tells of itself, under Prometheus' names. Thread-safe. */
final class RuleMetrics {
  private static final String GROUP = "rule_group";
  private static final double NANOS = 1e9;

  private final Counter evaluations;
  private final Counter failures;
  private final Counter iterations;
  private final Counter missed;
  private final Gauge interval;
  private final Gauge lastTick;
  private final Gauge lastDuration;
  private final Gauge lastRuleSum;
  private final Gauge rules;
  private final Gauge samples;
  private final Summary ruleDuration;
  private final Summary groupDuration;
  private final List<Counter> counters;
  private final List<Gauge> gauges;

  RuleMetrics(PrometheusRegistry registry) {
    evaluations = counter(registry, "prometheus_rule_evaluations_total", "Evaluations of rules.");
    failures =
        counter(
            registry,
            "prometheus_rule_evaluation_failures_total",
            "Evaluations of rules that failed.");
    iterations =
        counter(
            registry, "prometheus_rule_group_iterations_total", "Ticks of groups that were due.");
    missed =
        counter(
            registry,
            "prometheus_rule_group_iterations_missed_total",
            "Ticks that were left out: older than rules.catch-up, or the group is too slow.");
    interval = gauge(registry, "prometheus_rule_group_interval_seconds", "Interval of a group.");
    lastTick =
        gauge(
            registry,
            "prometheus_rule_group_last_evaluation_timestamp_seconds",
            "The last tick of a group, seconds since 1970.");
    lastDuration =
        gauge(
            registry,
            "prometheus_rule_group_last_duration_seconds",
            "How long the last tick of a group took.");
    lastRuleSum =
        gauge(
            registry,
            "prometheus_rule_group_last_rule_duration_sum_seconds",
            "How long the rules of the last tick took together.");
    rules = gauge(registry, "prometheus_rule_group_rules", "Rules of a group.");
    samples =
        gauge(
            registry,
            "prometheus_rule_group_last_evaluation_samples",
            "Samples that the last tick of a group made.");
    ruleDuration =
        Summary.builder()
            .name("prometheus_rule_evaluation_duration_seconds")
            .help("How long rules took.")
            .register(registry);
    groupDuration =
        Summary.builder()
            .name("prometheus_rule_group_duration_seconds")
            .help("How long ticks of groups took.")
            .register(registry);
    counters = List.of(evaluations, failures, iterations, missed);
    gauges = List.of(interval, lastTick, lastDuration, lastRuleSum, rules, samples);
  }

  private static Counter counter(PrometheusRegistry registry, String name, String help) {
    return Counter.builder().name(name).help(help).labelNames(GROUP).register(registry);
  }

  private static Gauge gauge(PrometheusRegistry registry, String name, String help) {
    return Gauge.builder().name(name).help(help).labelNames(GROUP).register(registry);
  }

  /** As Prometheus names groups: {@code file;name}. */
  private static String name(GroupKey key) {
    return key.namespace() + ";" + key.group();
  }

  void known(GroupKey key, int ruleCount, long intervalMillis) {
    String name = name(key);
    rules.labelValues(name).set(ruleCount);
    interval.labelValues(name).set(intervalMillis / 1000.0);
    counters.forEach(counter -> counter.initLabelValues(name));
  }

  void missed(GroupKey key, long ticks) {
    missed.labelValues(name(key)).inc(ticks);
    iterations.labelValues(name(key)).inc(ticks);
  }

  void happened(GroupKey key, long tick, long nanos, List<RuleTick.Outcome> outcomes) {
    String name = name(key);
    iterations.labelValues(name).inc();
    lastTick.labelValues(name).set(tick / 1000.0);
    lastDuration.labelValues(name).set(nanos / NANOS);
    groupDuration.observe(nanos / NANOS);
    long sum = 0;
    long made = 0;
    for (RuleTick.Outcome outcome : outcomes) {
      sum += outcome.nanos();
      made += outcome.samples();
      ruleDuration.observe(outcome.nanos() / NANOS);
      evaluations.labelValues(name).inc();
      if (outcome.error() != null) {
        failures.labelValues(name).inc();
      }
    }
    lastRuleSum.labelValues(name).set(sum / NANOS);
    samples.labelValues(name).set((double) made);
  }

  void gone(GroupKey key) {
    String name = name(key);
    counters.forEach(counter -> counter.remove(name));
    gauges.forEach(gauge -> gauge.remove(name));
  }
}
