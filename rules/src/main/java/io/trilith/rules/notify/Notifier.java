package io.trilith.rules.notify;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.RulesConfig;
import io.trilith.rules.GroupKey;
import io.trilith.rules.Rule;
import io.trilith.rules.eval.Alert;
import io.trilith.rules.eval.AlertListener;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Relabel;
import io.trilith.storage.model.TenantId;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** Sends alerts to every Alertmanager and receiver, each at its own pace. Thread-safe. */
public final class Notifier implements AlertListener, AutoCloseable {
  private static final long DRAIN_MILLIS = 3000;

  private final Map<String, String> externalLabels;
  private final String externalUrl;
  private final String generatorUrl;
  private final Relabel relabel;
  private final List<AlertmanagerQueue> queues;
  private final List<Thread> threads;
  private final Receivers receivers;

  /**
   * As configured.
   *
   * @param silenced whether receivers are not to be told of a tenant's alert now; Alertmanagers
   *     have silences of their own
   */
  public Notifier(
      RulesConfig config,
      PrometheusRegistry registry,
      BiPredicate<TenantId, Labels> silenced,
      InstantSource clock) {
    externalLabels = config.externalLabelMap();
    externalUrl = config.externalUrl();
    generatorUrl = config.generatorUrl();
    relabel = new Relabel("rules.alert-relabel", config.alertRelabel());
    AlertmanagerClient client = new AlertmanagerClient(config);
    List<AlertmanagerQueue> all = new ArrayList<>();
    NotifierMetrics metrics =
        new NotifierMetrics(
            registry,
            () -> all.stream().mapToInt(AlertmanagerQueue::size).sum(),
            config.notificationQueueMax(),
            config.alertmanagers().size());
    for (String base : config.alertmanagers()) {
      String url = AlertmanagerClient.alertsUrl(base);
      all.add(
          new AlertmanagerQueue(
              url,
              batch -> client.send(url, batch),
              config.notificationQueueMax(),
              config.resendDelay().toMillis(),
              clock,
              metrics));
    }
    queues = List.copyOf(all);
    threads =
        queues.stream()
            .map(queue -> Thread.ofVirtual().name("notify " + queue.url()).start(queue::run))
            .toList();
    receivers = new Receivers(config, registry, silenced, clock);
  }

  /** Where alerts are posted to, of each Alertmanager. */
  public List<String> urls() {
    return queues.stream().map(AlertmanagerQueue::url).toList();
  }

  @Override
  public void send(GroupKey key, Rule rule, List<Alert> alerts, long validUntil) {
    if (queues.isEmpty() && receivers.isEmpty()) {
      return;
    }
    String link =
        generatorUrl
            .replace("{url}", externalUrl)
            .replace("{expr}", URLEncoder.encode(rule.query().text(), StandardCharsets.UTF_8));
    List<Notification> notifications = new ArrayList<>();
    for (Alert alert : alerts) {
      Labels labels = labels(alert.labels());
      if (labels == null) {
        continue;
      }
      boolean resolved = alert.state() == Alert.State.INACTIVE;
      notifications.add(
          new Notification(
              labels,
              alert.annotations(),
              alert.firedAt(),
              resolved ? alert.resolvedAt() : validUntil,
              resolved,
              link));
    }
    queues.forEach(queue -> queue.add(notifications));
    receivers.add(key.tenant(), notifications);
  }

  private @Nullable Labels labels(Labels own) {
    Labels.Builder labels = own.toBuilder();
    externalLabels.forEach(
        (name, value) -> {
          if (!own.has(name)) {
            labels.set(name, value);
          }
        });
    return relabel.apply(labels.build());
  }

  /** Sends what waits, once, and ends. */
  @Override
  public void close() {
    receivers.close();
    queues.forEach(AlertmanagerQueue::close);
    try {
      for (Thread thread : threads) {
        if (!thread.join(Duration.ofMillis(DRAIN_MILLIS))) {
          thread.interrupt();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
