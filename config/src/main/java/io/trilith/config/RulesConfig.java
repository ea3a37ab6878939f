package io.trilith.config;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Recording and alerting rules: where they are, how they are evaluated and who is told. */
public record RulesConfig(
    @Key(
            doc =
                "Rule files, with * and ? in names; read again when they change and on POST /-/reload. Rules can be set by API besides.",
            value = "")
        List<String> files,
    @Key(doc = "The tenant whose rules the files have.", value = "anonymous") String filesTenant,
    @Key(doc = "How often rule files are looked at for changes.", value = "5s")
        Duration filesInterval,
    @Key(doc = "How often groups are evaluated that name no interval.", value = "1m")
        Duration evaluationInterval,
    @Key(
            doc =
                "How far back groups look that name no query_offset; their samples lie there too. For samples that come late.",
            value = "0")
        Duration queryOffset,
    @Key(
            doc =
                "How old a missed tick may be that is evaluated after all, at its own time; 0 leaves missed ticks out.",
            value = "1h")
        Duration catchUp,
    @Key(doc = "Base URLs of Alertmanagers; each gets every alert.", value = "")
        List<String> alertmanagers,
    @Key(doc = "How long a request to an Alertmanager may take.", value = "10s")
        Duration alertmanagerTimeout,
    @Key(doc = "User name for the Alertmanagers; empty for none.", value = "")
        String alertmanagerUsername,
    @Key(doc = "Password for the Alertmanagers.", value = "") Secret alertmanagerPassword,
    @Key(doc = "Bearer token for the Alertmanagers.", value = "") Secret alertmanagerBearerToken,
    @Key(
            doc =
                "PEM file of the certificates by which https Alertmanagers are known; empty for the system's.",
            value = "")
        String alertmanagerCaFile,
    @Key(
            doc = "Alerts that wait for one Alertmanager; beyond it the oldest are dropped.",
            value = "10000")
        int notificationQueueMax,
    @Key(doc = "What becomes of alerts' labels before they are sent.")
        List<RelabelConfig> alertRelabel,
    @Key(
            doc =
                "Who is told without an Alertmanager: webhooks, Slack, PagerDuty; with groups and repetition, and silences by API.")
        List<ReceiverConfig> receivers,
    @Key(
            doc =
                "The address people reach this server by: in links of alerts, and $externalURL in templates.",
            value = "")
        String externalUrl,
    @Key(doc = "Labels that alerts get when they are sent, each as name=value.", value = "")
        List<String> externalLabels,
    @Key(
            doc =
                "Link of an alert to its expression. {url} stands for external-url, {expr} for the expression.",
            value = "{url}/graph?g0.expr={expr}&g0.tab=1")
        String generatorUrl,
    @Key(doc = "How often an alert that goes on firing is sent again.", value = "1m")
        Duration resendDelay,
    @Key(doc = "Rules one group may have by API; 0 allows any number.", value = "0")
        int rulesPerGroupMax,
    @Key(doc = "Groups one tenant may have by API; 0 allows any number.", value = "0")
        int groupsPerTenantMax) {

  public RulesConfig {
    files = List.copyOf(files);
    alertmanagers = List.copyOf(alertmanagers);
    alertRelabel = List.copyOf(alertRelabel);
    externalLabels = List.copyOf(externalLabels);
    receivers = List.copyOf(receivers);
    if (receivers.stream().map(ReceiverConfig::name).distinct().count() < receivers.size()) {
      throw new IllegalArgumentException("rules.receivers: two have the same name");
    }
    if (evaluationInterval.toMillis() < 1) {
      throw new IllegalArgumentException("rules.evaluation-interval must be at least 1ms");
    }
    if (filesInterval.toMillis() < 100) {
      throw new IllegalArgumentException("rules.files-interval must be at least 100ms");
    }
    if (resendDelay.isNegative() || queryOffset.isNegative() || catchUp.isNegative()) {
      throw new IllegalArgumentException(
          "rules.resend-delay, rules.query-offset and rules.catch-up must not be negative");
    }
    for (String label : externalLabels) {
      if (label.indexOf('=') < 1) {
        throw new IllegalArgumentException(
            "rules.external-labels: '" + label + "' is not name=value");
      }
    }
    for (String url : alertmanagers) {
      if (!url.startsWith("http://") && !url.startsWith("https://")) {
        throw new IllegalArgumentException(
            "rules.alertmanagers: '" + url + "' does not begin with http:// or https://");
      }
    }
    if (!alertmanagerUsername.isEmpty() && !alertmanagerBearerToken.value().isEmpty()) {
      throw new IllegalArgumentException(
          "rules.alertmanager-username and rules.alertmanager-bearer-token exclude each other");
    }
    if (notificationQueueMax < 1 || rulesPerGroupMax < 0 || groupsPerTenantMax < 0) {
      throw new IllegalArgumentException(
          "rules.notification-queue-max must be at least 1, rules.rules-per-group-max and"
              + " rules.groups-per-tenant-max at least 0");
    }
  }

  /** The external labels by name. */
  public Map<String, String> externalLabelMap() {
    Map<String, String> labels = new LinkedHashMap<>();
    for (String label : externalLabels) {
      int equals = label.indexOf('=');
      labels.put(label.substring(0, equals), label.substring(equals + 1));
    }
    return labels;
  }

  /** No files, no Alertmanagers, everything else at its default. */
  public static RulesConfig defaults() {
    return Binder.defaults(RulesConfig.class);
  }
}
