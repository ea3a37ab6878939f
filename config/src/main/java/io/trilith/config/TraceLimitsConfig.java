package io.trilith.config;

/** What one tenant's spans may look like. Beyond a limit the span is refused with its name. */
public record TraceLimitsConfig(
    @Key(doc = "Attributes one span, resource, scope, event or link may have.", value = "1024")
        int attributesMax,
    @Key(doc = "Longest name of a span or an event, and longest attribute key.", value = "4096")
        int nameMax,
    @Key(doc = "Events one span may have.", value = "4096") int eventsMax,
    @Key(doc = "Links one span may have.", value = "4096") int linksMax,
    @Key(doc = "Largest span as sent, with all its attributes, events and links.", value = "4MiB")
        ByteSize spanSize,
    @Key(
            doc = "How deep attribute values of OpenTelemetry may be nested in one another.",
            value = "32")
        int attributeDepthMax,
    @Key(
            doc =
                "Bytes that the spans of one trace may have, as sent, while the trace goes on; further spans are refused. 0: no limit. Tempo: max_bytes_per_trace.",
            value = "0")
        ByteSize maxBytesPerTrace,
    @Key(
            doc =
                "Longest text of an attribute, in bytes; longer ones are cut. 0: no limit. Tempo: max_attribute_bytes.",
            value = "0")
        ByteSize maxAttributeBytes) {
  public TraceLimitsConfig {
    positive("attributes-max", attributesMax);
    positive("name-max", nameMax);
    positive("events-max", eventsMax);
    positive("links-max", linksMax);
    positive("attribute-depth-max", attributeDepthMax);
  }

  private static void positive(String key, int value) {
    if (value < 1) {
      throw new IllegalArgumentException("trace-limits." + key + " must be at least 1");
    }
  }

  /** Every limit at its default. */
  public static TraceLimitsConfig defaults() {
    return Binder.defaults(TraceLimitsConfig.class);
  }
}
