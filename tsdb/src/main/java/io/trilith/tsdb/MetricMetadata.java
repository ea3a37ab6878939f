package io.trilith.tsdb;

import org.jspecify.annotations.Nullable;

/** What a sender said about a metric. {@code help} and {@code unit} may be empty. */
public record MetricMetadata(Type type, String unit, String help) {
  /** The ordinal is the remote-write value and is written to disk. */
  public enum Type {
    UNKNOWN("unknown"),
    COUNTER("counter"),
    GAUGE("gauge"),
    HISTOGRAM("histogram"),
    GAUGE_HISTOGRAM("gaugehistogram"),
    SUMMARY("summary"),
    INFO("info"),
    STATE_SET("stateset");

    private final String text;

    Type(String text) {
      this.text = text;
    }

    /** The type with a word, null when there is none. */
    public static @Nullable Type of(String text) {
      for (Type type : values()) {
        if (type.text.equals(text)) {
          return type;
        }
      }
      return null;
    }

    /** The word of the Prometheus API. */
    public String text() {
      return text;
    }
  }
}
