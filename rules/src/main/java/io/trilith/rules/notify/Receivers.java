package io.trilith.rules.notify;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.ConfigException;
import io.trilith.config.ReceiverConfig;
import io.trilith.config.RulesConfig;
import io.trilith.promql.parser.QueryParser;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.TenantId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;

/** Those who are told of alerts without an Alertmanager, each at its own pace. Thread-safe. */
final class Receivers implements AutoCloseable {
  private static final Duration STOP_MAX = Duration.ofSeconds(3);
  private static final int DEPTH_MAX = 100;

  private final List<Receiver> receivers;
  private final List<Thread> threads;

  /**
   * Throws ConfigException when a selector is none.
   *
   * @param silenced whether an alert is not to be told of now
   */
  Receivers(
      RulesConfig config,
      PrometheusRegistry registry,
      BiPredicate<TenantId, Labels> silenced,
      InstantSource clock) {
    Receiver.Counters counters =
        new Receiver.Counters(
            counter(registry, "sent", "Messages that receivers of alerts took."),
            counter(registry, "failed", "Messages that receivers of alerts did not take."),
            counter(registry, "dropped", "Alerts that there was no room for."));
    List<Receiver> all = new ArrayList<>();
    for (ReceiverConfig one : config.receivers()) {
      all.add(
          new Receiver(
              one,
              matchers(one),
              config.notificationQueueMax(),
              silenced,
              config.externalUrl(),
              clock,
              counters));
    }
    receivers = List.copyOf(all);
    threads =
        receivers.stream()
            .map(one -> Thread.ofVirtual().name("tell " + one.name()).start(one::run))
            .toList();
  }

  private static Counter counter(PrometheusRegistry registry, String what, String help) {
    return Counter.builder()
        .name("trilith_rules_receiver_" + what + "_total")
        .help(help)
        .labelNames("receiver")
        .register(registry);
  }

  private static List<Matcher> matchers(ReceiverConfig receiver) {
    String selector = receiver.selector().strip();
    if (selector.isEmpty()) {
      return List.of();
    }
    try {
      return new QueryParser(DEPTH_MAX).parseSelector(selector);
    } catch (InvalidRequestException e) {
      throw new ConfigException(
          "rules.receivers: selector of '" + receiver.name() + "': " + e.getMessage(), e);
    }
  }

  boolean isEmpty() {
    return receivers.isEmpty();
  }

  void add(TenantId tenant, List<Notification> alerts) {
    receivers.forEach(receiver -> receiver.add(tenant, alerts));
  }

  @Override
  public void close() {
    receivers.forEach(Receiver::close);
    try {
      for (Thread thread : threads) {
        if (!thread.join(STOP_MAX)) {
          thread.interrupt();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
