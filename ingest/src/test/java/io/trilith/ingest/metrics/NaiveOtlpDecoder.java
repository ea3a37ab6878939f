package io.trilith.ingest.metrics;

import io.trilith.config.LimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.ingest.otlp.AnyValue;
import io.trilith.ingest.otlp.NestedTooDeepException;
import io.trilith.ingest.otlp.OtlpAttributes;
import io.trilith.net.wire.ProtoReader;
import io.trilith.storage.memory.Booking;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** Walks an ExportMetricsServiceRequest and translates what it finds. One per request. */
final class NaiveOtlpDecoder {
  private static final MetricNames NAMES =
      new MetricNames(io.trilith.config.OtlpMetricsConfig.defaults());
  private static final int TEMPORALITY_DELTA = 1;

  private final LimitsConfig limits;
  private final OtlpAttributes attributes;
  private final NaivePoint point;
  private final NaiveTranslator translator;
  private final Rejections rejections;
  private final MetricBatch batch = new MetricBatch();
  private String wrongResource = "";
  private MetricMetadata.@org.jspecify.annotations.Nullable Type declared;
  private boolean temporal;

  NaiveOtlpDecoder(
      LimitsConfig limits, Rejections rejections, Supplier<NaiveDeltaState.Session> deltas) {
    this.limits = limits;
    this.rejections = rejections;
    this.attributes =
        new OtlpAttributes(
            limits.attributeDepthMax(), "limits.attribute-depth-max", Booking.unlimited());
    this.point = new NaivePoint(attributes);
    this.translator = new NaiveTranslator(limits, rejections, deltas, batch, attributes);
  }

  MetricBatch decode(byte[] message) {
    ProtoReader in = new ProtoReader(message);
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        resourceMetrics(in.message());
      } else {
        in.skip();
      }
    }
    return batch;
  }

  /** The resource may come after its metrics: it is looked for first. */
  private void resourceMetrics(ProtoReader in) {
    ProtoReader again = in.copy();
    Map<String, AnyValue> resource = new LinkedHashMap<>();
    wrongResource = "";
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        try {
          resource.putAll(attributes.resource(in.message()));
        } catch (NestedTooDeepException e) {
          wrongResource = "resource: " + e.getMessage();
        }
      } else {
        in.skip();
      }
    }
    translator.resource(resource);
    for (int field = again.next(); field != 0; field = again.next()) {
      if (field == 2) {
        scopeMetrics(again.message());
      } else {
        again.skip();
      }
    }
    translator.endResource(resource);
  }

  private void scopeMetrics(ProtoReader in) {
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 2) {
        metric(in.message());
      } else {
        in.skip();
      }
    }
  }

  private void metric(ProtoReader in) {
    ProtoReader again = in.copy();
    String name = "";
    String help = "";
    String unit = "";
    declared = null;
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> name = in.lenientString();
        case 2 -> help = in.lenientString();
        case 3 -> unit = in.lenientString();
        case 12 -> {
          Map<String, AnyValue> one = new LinkedHashMap<>();
          try {
            attributes.keyValue(in.message(), one);
            if (one.containsKey("prometheus.type")) {
              declared = MetricMetadata.Type.of(one.get("prometheus.type").text());
            }
          } catch (NestedTooDeepException e) {
            // Nothing is said then.
          }
        }
        default -> in.skip();
      }
    }
    for (int field = again.next(); field != 0; field = again.next()) {
      NaivePoint.Kind kind = kind(field);
      if (kind == null) {
        again.skip();
      } else {
        points(kind, again.message(), new Described(name, unit, help));
      }
    }
  }

  private record Described(String name, String unit, String help) {}

  private static NaivePoint.@org.jspecify.annotations.Nullable Kind kind(int field) {
    for (NaivePoint.Kind kind : NaivePoint.Kind.values()) {
      if (kind.field() == field) {
        return kind;
      }
    }
    return null;
  }

  private void points(NaivePoint.Kind kind, ProtoReader in, Described described) {
    ProtoReader again = in.copy();
    long temporality = 0;
    boolean monotonic = false;
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 2 && (kind != NaivePoint.Kind.GAUGE && kind != NaivePoint.Kind.SUMMARY)) {
        temporality = in.varint();
      } else if (field == 3 && kind == NaivePoint.Kind.SUM) {
        monotonic = in.bool();
      } else {
        in.skip();
      }
    }
    String name =
        NAMES.metric(described.name(), described.unit(), monotonic, kind == NaivePoint.Kind.GAUGE);
    translator.metric(kind, name, temporality == TEMPORALITY_DELTA);
    temporal =
        kind == NaivePoint.Kind.GAUGE
            || kind == NaivePoint.Kind.SUMMARY
            || temporality == 1
            || temporality == 2;
    boolean any = false;
    for (int field = again.next(); field != 0; field = again.next()) {
      if (field == 1) {
        any |= point(kind, again.message(), name);
      } else {
        again.skip();
      }
    }
    if (any && !name.isEmpty()) {
      MetricMetadata.Type type = declared == null ? type(kind, monotonic) : declared;
      batch.addMetadata(name, metadata(type, described));
    }
  }

  private boolean point(NaivePoint.Kind kind, ProtoReader in, String name) {
    if (!wrongResource.isEmpty()) {
      rejections.add("nested_too_deep", 1, wrongResource);
      return false;
    }
    if (!temporal) {
      rejections.add(
          "no_temporality",
          1,
          "metric "
              + Rejections.quoted(name)
              + " does not say whether it is cumulative or delta (aggregationTemporality 2 or 1)");
      return false;
    }
    try {
      point.read(kind, in);
    } catch (NestedTooDeepException e) {
      rejections.add(
          "nested_too_deep", 1, "a point of " + Rejections.quoted(name) + ": " + e.getMessage());
      return false;
    }
    translator.point(point);
    return true;
  }

  private MetricMetadata metadata(MetricMetadata.Type type, Described described) {
    return new MetricMetadata(
        type, cut(MetricNames.unitWord(described.unit())), cut(described.help()));
  }

  private String cut(String text) {
    return text.length() <= limits.metadataMax() ? text : text.substring(0, limits.metadataMax());
  }

  private static MetricMetadata.Type type(NaivePoint.Kind kind, boolean monotonic) {
    return switch (kind) {
      case GAUGE -> MetricMetadata.Type.GAUGE;
      case SUM -> monotonic ? MetricMetadata.Type.COUNTER : MetricMetadata.Type.GAUGE;
      case HISTOGRAM, EXPONENTIAL -> MetricMetadata.Type.HISTOGRAM;
      case SUMMARY -> MetricMetadata.Type.SUMMARY;
    };
  }
}
