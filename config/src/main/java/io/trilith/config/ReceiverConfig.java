package io.trilith.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;

/** Who is told of alerts without an Alertmanager between. */
public record ReceiverConfig(
    @Key(doc = "By what it is known in messages and metrics.", value = "default") String name,
    @Key(
            doc =
                "webhook (Alertmanager's body of version 4), slack (its incoming webhook, which others understand"
                    + " too) or pagerduty (Events v2).")
        Kind kind,
    @Key(
            doc =
                "Where messages are posted to, http or https; of pagerduty empty for PagerDuty's own address.",
            value = "")
        Secret url,
    @Key(doc = "The integration key of pagerduty.", value = "") Secret routingKey,
    @Key(doc = "PromQL matchers for the alerts it is told of; empty for all.") String selector,
    @Key(doc = "Labels whose values make the group that one message is about.", value = "alertname")
        List<String> groupBy,
    @Key(doc = "How long a new group is waited with, for more alerts of it.", value = "30s")
        Duration groupWait,
    @Key(doc = "How soon at most a group is told again when it changed.", value = "5m")
        Duration groupInterval,
    @Key(doc = "How soon a group is told again that goes on unchanged.", value = "4h")
        Duration repeatInterval,
    @Key(doc = "Whether it is told of alerts that are over.", value = "true") boolean sendResolved,
    @Key(doc = "How long a message may take.", value = "10s") Duration timeout) {
  /** How it is spoken to. */
  public enum Kind {
    WEBHOOK,
    SLACK,
    PAGERDUTY
  }

  private static final String PAGERDUTY = "https://events.pagerduty.com/v2/enqueue";

  public ReceiverConfig {
    groupBy = List.copyOf(groupBy);
    if (url.value().isEmpty() && kind != Kind.PAGERDUTY) {
      throw new IllegalArgumentException(
          "receiver '" + name + "' needs a url, or a url-file that has it");
    }
    if (!url.value().isEmpty() && !isWeb(url.value())) {
      throw new IllegalArgumentException(
          "url of receiver '"
              + name
              + "' must be http:// or https:// with a host and without a user name");
    }
    if ((kind == Kind.PAGERDUTY) == routingKey.value().isEmpty()) {
      throw new IllegalArgumentException(
          "receiver '" + name + "': routing-key is for pagerduty, and pagerduty needs it");
    }
    if (groupWait.isNegative() || timeout.toMillis() < 1) {
      throw new IllegalArgumentException(
          "receiver '" + name + "': group-wait must not be negative, timeout at least 1ms");
    }
    if (groupInterval.toMillis() < 1 || repeatInterval.compareTo(groupInterval) < 0) {
      throw new IllegalArgumentException(
          "receiver '"
              + name
              + "': group-interval must be at least 1ms, repeat-interval no shorter than it");
    }
  }

  private static boolean isWeb(String text) {
    try {
      URI uri = new URI(text);
      boolean web = text.startsWith("http://") || text.startsWith("https://");
      return web && uri.getHost() != null && uri.getUserInfo() == null;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /** Where messages go to. Not to be shown: addresses of webhooks are keys. */
  public String address() {
    return url.value().isEmpty() ? PAGERDUTY : url.value();
  }
}
