package io.trilith.ingest.metrics;

import io.trilith.config.LimitsConfig;
import io.trilith.tsdb.MetricMetadata;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What follows from a metric's name, unit and kind: made once, used for many requests. */
final class OtlpFamily {
  /** Longer help texts are not kept. */
  private static final int HELP_BYTES_MAX = 512;

  private final OtlpPoint.Kind kind;
  private final boolean monotonic;
  private final byte[] rawName;
  private final byte[] rawUnit;
  private final String unit;
  private final String name;
  private final LimitsConfig limits;
  private final Part plain;
  private final Part count;
  private final Part sum;
  private final Part bucket;
  private byte[] rawHelp = new byte[0];
  private @Nullable MetricMetadata metadata;

  /** One of the metrics a family has, with its label {@code __name__}. */
  static final class Part {
    private final String name;
    private final byte[] label;
    private final boolean fits;

    Part(String name, LimitsConfig limits) {
      byte[] value = AttributeNames.bytes(name);
      this.name = name;
      this.label = LabelBytes.label(AttributeNames.NAME, value);
      this.fits = value.length > 0 && value.length <= limits.labelValueMax();
    }

    String name() {
      return name;
    }

    byte[] label() {
      return label;
    }

    /** Whether the name keeps the limits. */
    boolean fits() {
      return fits;
    }
  }

  OtlpFamily(
      OtlpPoint.Kind kind, boolean monotonic, byte[] rawName, byte[] rawUnit, OtlpRules rules) {
    this.kind = kind;
    this.monotonic = monotonic;
    this.rawName = rawName;
    this.rawUnit = rawUnit;
    this.limits = rules.limits();
    String text = new String(rawName, StandardCharsets.UTF_8);
    unit = new String(rawUnit, StandardCharsets.UTF_8);
    name = rules.names().metric(text, unit, monotonic, kind == OtlpPoint.Kind.GAUGE);
    plain = new Part(name, limits);
    boolean classic = kind == OtlpPoint.Kind.HISTOGRAM && !rules.nativeBounds();
    boolean several = classic || kind == OtlpPoint.Kind.SUMMARY;
    count = several ? new Part(name + "_count", limits) : plain;
    sum = several ? new Part(name + "_sum", limits) : plain;
    bucket = classic ? new Part(name + "_bucket", limits) : plain;
  }

  /** Stands for no metric. */
  static OtlpFamily none(OtlpRules rules) {
    return new OtlpFamily(OtlpPoint.Kind.GAUGE, false, new byte[0], new byte[0], rules);
  }

  boolean is(
      OtlpPoint.Kind otherKind,
      boolean otherMonotonic,
      byte[] message,
      OtlpMetricsDecoder.Slice otherName,
      OtlpMetricsDecoder.Slice otherUnit) {
    return kind == otherKind
        && monotonic == otherMonotonic
        && otherName.is(message, rawName)
        && otherUnit.is(message, rawUnit);
  }

  OtlpPoint.Kind kind() {
    return kind;
  }

  String name() {
    return name;
  }

  Part plain() {
    return plain;
  }

  Part count() {
    return count;
  }

  Part sum() {
    return sum;
  }

  Part bucket() {
    return bucket;
  }

  /**
   * The metadata with a help text, which is the same nearly always.
   *
   * @param declared the type that the metric says it had in Prometheus, null when it says none
   */
  MetricMetadata metadata(
      byte[] message, OtlpMetricsDecoder.Slice help, MetricMetadata.@Nullable Type declared) {
    MetricMetadata.Type type = declared == null ? type() : declared;
    MetricMetadata known = metadata;
    if (known != null && known.type() == type && help.is(message, rawHelp)) {
      return known;
    }
    MetricMetadata made =
        new MetricMetadata(type, cut(MetricNames.unitWord(unit)), cut(help.lenient(message)));
    if (help.length() <= HELP_BYTES_MAX) {
      rawHelp = help.copy(message);
      metadata = made;
    }
    return made;
  }

  private String cut(String text) {
    return text.length() <= limits.metadataMax() ? text : text.substring(0, limits.metadataMax());
  }

  private MetricMetadata.Type type() {
    return switch (kind) {
      case GAUGE -> MetricMetadata.Type.GAUGE;
      case SUM -> monotonic ? MetricMetadata.Type.COUNTER : MetricMetadata.Type.GAUGE;
      case HISTOGRAM, EXPONENTIAL -> MetricMetadata.Type.HISTOGRAM;
      case SUMMARY -> MetricMetadata.Type.SUMMARY;
    };
  }
}
