package io.trilith.config;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What is added to log entries when they come, and what becomes of OpenTelemetry's attributes. */
public record LogIngestConfig(
    @Key(
            doc =
                "Labels of which the first that is not empty becomes service_name in a stream"
                    + " without one, else unknown_service. Empty: streams stay as they are.",
            value =
                "service,app,application,app_name,name,app_kubernetes_io_name,container,container_name,k8s_container_name,component,workload,job,k8s_job_name")
        List<String> discoverServiceName,
    @Key(
            doc = "Find how severe an entry is and add it as structured metadata detected_level.",
            value = "true")
        boolean discoverLogLevels,
    @Key(
            doc =
                "Labels, structured metadata and fields of JSON and logfmt lines that name the"
                    + " level.",
            value =
                "level,LEVEL,Level,log.level,log_level,severity,SEVERITY,Severity,SeverityText,lvl,LVL,Lvl,severity_text,Severity_Text,SEVERITY_TEXT")
        List<String> logLevelFields,
    @Key(
            doc =
                "OpenTelemetry resource attributes that become labels of the stream; all others"
                    + " become structured metadata of each entry. Here and below a name may end"
                    + " with * for all that begin so.",
            value =
                "service.name,service.namespace,service.instance.id,deployment.environment,deployment.environment.name,cloud.region,cloud.availability_zone,k8s.cluster.name,k8s.namespace.name,k8s.pod.name,k8s.container.name,container.name,k8s.replicaset.name,k8s.deployment.name,k8s.statefulset.name,k8s.daemonset.name,k8s.cronjob.name,k8s.job.name")
        List<String> otlpIndexLabels,
    @Key(
            doc =
                "Resource attributes that become structured metadata although otlp-index-labels"
                    + " would make them labels.",
            value = "")
        List<String> otlpStructuredMetadata,
    @Key(doc = "Resource attributes that are dropped.", value = "")
        List<String> otlpDropResourceAttributes,
    @Key(doc = "Scope attributes that are dropped.", value = "")
        List<String> otlpDropScopeAttributes,
    @Key(doc = "Log record attributes that are dropped.", value = "")
        List<String> otlpDropLogAttributes,
    @Key(
            doc =
                "Make severity_text a label of the stream. Loki:"
                    + " otlp_config.severity_text_as_label.",
            value = "false")
        boolean otlpSeverityTextAsLabel) {
  public LogIngestConfig {
    discoverServiceName = List.copyOf(discoverServiceName);
    logLevelFields = List.copyOf(logLevelFields);
    otlpIndexLabels = NamePatterns.checked("log-ingest.otlp-index-labels", otlpIndexLabels);
    otlpStructuredMetadata =
        NamePatterns.checked("log-ingest.otlp-structured-metadata", otlpStructuredMetadata);
    otlpDropResourceAttributes =
        NamePatterns.checked(
            "log-ingest.otlp-drop-resource-attributes", otlpDropResourceAttributes);
    otlpDropScopeAttributes =
        NamePatterns.checked("log-ingest.otlp-drop-scope-attributes", otlpDropScopeAttributes);
    otlpDropLogAttributes =
        NamePatterns.checked("log-ingest.otlp-drop-log-attributes", otlpDropLogAttributes);
    Set<String> both = new TreeSet<>(otlpIndexLabels);
    both.retainAll(otlpDropResourceAttributes);
    if (!both.isEmpty()) {
      throw new IllegalArgumentException(
          "log-ingest.otlp-index-labels and log-ingest.otlp-drop-resource-attributes both have "
              + both.iterator().next());
    }
  }

  /** Everything at its default, which is Loki's. */
  public static LogIngestConfig defaults() {
    return Binder.defaults(LogIngestConfig.class);
  }
}
