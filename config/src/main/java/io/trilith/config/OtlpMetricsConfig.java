package io.trilith.config;

import java.util.List;

/** What becomes of OpenTelemetry's metrics: the names and defaults of Prometheus' {@code otlp:}. */
public record OtlpMetricsConfig(
    @Key(
            doc =
                "Resource attributes that become labels of each series; all of them are labels of"
                    + " target_info. A name may end with * for all that begin so. An attribute of a"
                    + " point goes before one of its resource.",
            value = "")
        List<String> promoteResourceAttributes,
    @Key(
            doc =
                "Make labels of all resource attributes but those of ignore-resource-attributes."
                    + " Each new value is a new series.",
            value = "false")
        boolean promoteAllResourceAttributes,
    @Key(
            doc =
                "Resource attributes that promote-all-resource-attributes leaves out; as above,"
                    + " with *.",
            value = "")
        List<String> ignoreResourceAttributes,
    @Key(
            doc =
                "Keep service.name, service.namespace and service.instance.id as labels of"
                    + " target_info, beside job and instance that are made of them.",
            value = "false")
        boolean keepIdentifyingResourceAttributes,
    @Key(
            doc =
                "Make labels of a scope's name, version, schema URL and attributes:"
                    + " otel_scope_name, otel_scope_version, otel_scope_schema_url,"
                    + " otel_scope_ATTRIBUTE. Without it two scopes with one metric are one"
                    + " series.",
            value = "false")
        boolean promoteScopeMetadata,
    @Key(
            doc =
                "Names: UnderscoreEscapingWithSuffixes (http_request_duration_seconds),"
                    + " UnderscoreEscapingWithoutSuffixes (http_request_duration),"
                    + " NoUTF8EscapingWithSuffixes (http.request.duration_seconds) or NoTranslation"
                    + " (http.request.duration). Without escaping labels keep their names too.",
            value = "UnderscoreEscapingWithSuffixes")
        OtlpTranslation translationStrategy,
    @Key(
            doc =
                "Store histograms with bounds as native histograms with these bounds, not as"
                    + " _bucket, _sum and _count.",
            value = "false")
        boolean convertHistogramsToNhcb,
    @Key(
            doc =
                "Put key before a label name that begins with one underscore, where names are"
                    + " escaped.",
            value = "true")
        boolean labelNameUnderscoreSanitization,
    @Key(
            doc =
                "Let several underscores in a row of a label name stand, where names are escaped;"
                    + " false makes one of them.",
            value = "true")
        boolean labelNamePreserveMultipleUnderscores) {
  public OtlpMetricsConfig {
    promoteResourceAttributes =
        NamePatterns.checked("promote-resource-attributes", promoteResourceAttributes);
    ignoreResourceAttributes =
        NamePatterns.checked("ignore-resource-attributes", ignoreResourceAttributes);
    if (promoteAllResourceAttributes && !promoteResourceAttributes.isEmpty()) {
      throw new IllegalArgumentException(
          "promote-all-resource-attributes is true and promote-resource-attributes names "
              + promoteResourceAttributes.getFirst()
              + "; leave one of them out");
    }
    if (!promoteAllResourceAttributes && !ignoreResourceAttributes.isEmpty()) {
      throw new IllegalArgumentException(
          "ignore-resource-attributes names "
              + ignoreResourceAttributes.getFirst()
              + ", which means something with promote-all-resource-attributes: true only");
    }
  }

  /** Everything at its default, which is Prometheus'. */
  public static OtlpMetricsConfig defaults() {
    return Binder.defaults(OtlpMetricsConfig.class);
  }
}
