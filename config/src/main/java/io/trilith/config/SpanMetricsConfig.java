package io.trilith.config;

import java.util.List;

/** Which labels the metrics of single spans have. */
public record SpanMetricsConfig(
    @Key(doc = "Make them.", value = "true") boolean enabled,
    @Key(doc = "Label service, of the resource's service.name.", value = "true") boolean service,
    @Key(doc = "Label span_name.", value = "true") boolean spanName,
    @Key(doc = "Label span_kind, such as SPAN_KIND_SERVER.", value = "true") boolean spanKind,
    @Key(doc = "Label status_code, such as STATUS_CODE_ERROR.", value = "true") boolean statusCode,
    @Key(doc = "Label status_message; often of many values.", value = "false")
        boolean statusMessage,
    @Key(
            doc =
                "Attributes of the resource or else the span that become labels, such as http.route for http_route. One named as a label above gets __ in front.",
            value = "")
        List<String> dimensions,
    @Key(
            doc =
                "Labels job (namespace/name of the service) and instance (service.instance.id), to be joined with traces_target_info; every instance has series of its own then.",
            value = "false")
        boolean jobAndInstance,
    @Key(
            doc = "Write traces_target_info, whose labels are the attributes of each resource.",
            value = "true")
        boolean targetInfo) {
  public SpanMetricsConfig {
    dimensions = List.copyOf(dimensions);
  }

  /** Everything at its default. */
  public static SpanMetricsConfig defaults() {
    return Binder.defaults(SpanMetricsConfig.class);
  }
}
