package io.trilith.ingest.metrics;

import io.trilith.ingest.Rejections;
import io.trilith.ingest.otlp.AnyValue;
import io.trilith.ingest.otlp.NestedTooDeepException;
import io.trilith.ingest.otlp.OtlpAttributes;
import io.trilith.net.wire.ProtoReader;
import io.trilith.storage.memory.Booking;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Walks an ExportMetricsServiceRequest and translates what it finds. Makes no objects per point.
 * One per request.
 */
final class OtlpMetricsDecoder {
  private static final int TEMPORALITY_DELTA = 1;
  private static final int TEMPORALITY_CUMULATIVE = 2;

  private final byte[] message;
  private final OtlpVocabulary vocabulary;
  private final OtlpRules rules;
  private final Rejections rejections;
  private final OtlpAttributes attributes;
  private final AttributeSet resource;
  private final AttributeSet scope;
  private final OtlpPoint point;
  private final PointTranslator translator;
  private final MetricParts parts;
  private final MetricBatch batch;
  private long ofResource;
  private Map<String, String> promoted = Map.of();
  private final ProtoReader pointReader = new ProtoReader(new byte[0]);
  private final Slice name = new Slice();
  private final Slice help = new Slice();
  private final Slice unit = new Slice();

  /** What is wrong with the resource or the scope: all its points are refused for that. */
  private String wrongResource = "";

  private String wrongScope = "";
  private MetricMetadata.@Nullable Type declared;
  private long points;

  /** A part of the message. */
  static final class Slice {
    private int from;
    private int to;

    private void set(int nextFrom, int nextTo) {
      from = nextFrom;
      to = nextTo;
    }

    int length() {
      return to - from;
    }

    int hash(byte[] message) {
      int hash = 1;
      for (int i = from; i < to; i++) {
        hash = 31 * hash + message[i];
      }
      return hash;
    }

    boolean is(byte[] message, byte[] other) {
      return Arrays.equals(message, from, to, other, 0, other.length);
    }

    byte[] copy(byte[] message) {
      return Arrays.copyOfRange(message, from, to);
    }

    /** As text; invalid UTF-8 becomes replacement characters. */
    String lenient(byte[] message) {
      return new String(message, from, to - from, StandardCharsets.UTF_8);
    }
  }

  OtlpMetricsDecoder(
      byte[] message,
      Rejections rejections,
      Notices notices,
      Supplier<DeltaState.Session> deltas,
      OtlpVocabulary vocabulary,
      MetricParts parts,
      Booking memory) {
    this.rules = vocabulary.rules();
    this.rejections = rejections;
    this.attributes =
        new OtlpAttributes(
            rules.limits().attributeDepthMax(), "limits.attribute-depth-max", memory);
    this.message = message;
    this.vocabulary = vocabulary;
    this.parts = parts;
    this.batch = parts.batch();
    batch.reset(message, null);
    this.resource = new AttributeSet(message, vocabulary.names(), attributes);
    this.point = new OtlpPoint(new AttributeSet(message, vocabulary.names(), attributes));
    this.scope = new AttributeSet(message, vocabulary.names(), attributes);
    SeriesKeys keys = new SeriesKeys(vocabulary, rejections, notices, batch.ownKeys());
    this.translator =
        new PointTranslator(message, rejections, deltas, batch, keys, vocabulary, attributes);
  }

  /** Points found, be they refused or not. */
  long points() {
    return points;
  }

  MetricBatch decode() {
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
    attributes.forget(0);
    resource.clear();
    wrongResource = "";
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        resource(in.message());
      } else {
        in.skip();
      }
    }
    ofResource = attributes.made();
    translator.resource(resource);
    promoted = rules.promotesOfResources() ? promoted() : Map.of();
    translator.common(promoted, Map.of());
    for (int field = again.next(); field != 0; field = again.next()) {
      if (field == 2) {
        scopeMetrics(again.message());
      } else {
        again.skip();
      }
    }
    translator.endResource(resource);
  }

  private void resource(ProtoReader in) {
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        in.message(pointReader);
        try {
          resource.add(pointReader);
        } catch (NestedTooDeepException e) {
          wrongResource = "resource: " + e.getMessage();
        }
      } else {
        in.skip();
      }
    }
  }

  /** Attributes whose keys become one label have their values joined, in the order of the keys. */
  private Map<String, String> promoted() {
    Map<String, String> labels = new TreeMap<>();
    resource
        .texts()
        .forEach(
            (key, text) -> {
              String label = rules.promotes(key) ? rules.names().label(key) : "";
              if (!label.isEmpty()) {
                labels.merge(label, text, (a, b) -> a + ";" + b);
              }
            });
    return labels;
  }

  private void scopeMetrics(ProtoReader in) {
    wrongScope = "";
    if (rules.promotesScopes()) {
      translator.common(promoted, scopeLabels(in.copy()));
    }
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 2) {
        metric(in.message());
      } else {
        in.skip();
      }
    }
  }

  /** The labels that say which scope it is; none for a scope without a name, as in Prometheus. */
  private Map<String, String> scopeLabels(ProtoReader in) {
    String scopeName = "";
    String version = "";
    String schema = "";
    scope.clear();
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> {
          ProtoReader inner = in.message();
          for (int part = inner.next(); part != 0; part = inner.next()) {
            switch (part) {
              case 1 -> scopeName = inner.lenientString();
              case 2 -> version = inner.lenientString();
              case 3 -> scopeAttribute(inner);
              default -> inner.skip();
            }
          }
        }
        case 3 -> schema = in.lenientString();
        default -> in.skip();
      }
    }
    if (scopeName.isEmpty()) {
      return Map.of();
    }
    Map<String, String> labels = new TreeMap<>();
    scope
        .texts()
        .forEach(
            (key, text) ->
                labels.merge(
                    rules.names().label("otel_scope_" + key), text, (a, b) -> a + ";" + b));
    labels.put("otel_scope_name", scopeName);
    labels.put("otel_scope_version", version);
    labels.put("otel_scope_schema_url", schema);
    return labels;
  }

  private void scopeAttribute(ProtoReader in) {
    in.message(pointReader);
    try {
      scope.add(pointReader);
    } catch (NestedTooDeepException e) {
      wrongScope = "scope: " + e.getMessage();
    }
  }

  private void metric(ProtoReader in) {
    ProtoReader again = in.copy();
    name.set(0, 0);
    help.set(0, 0);
    unit.set(0, 0);
    declared = null;
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> slice(in, name);
        case 2 -> slice(in, help);
        case 3 -> slice(in, unit);
        case 12 -> metadata(in.message());
        default -> in.skip();
      }
    }
    for (int field = again.next(); field != 0; field = again.next()) {
      OtlpPoint.Kind kind = OtlpPoint.Kind.of(field);
      if (kind == null) {
        again.skip();
      } else {
        points(kind, again.message());
      }
    }
  }

  /** OpenTelemetry's way to keep what a metric was in Prometheus. */
  private void metadata(ProtoReader in) {
    Map<String, AnyValue> one = new HashMap<>();
    try {
      attributes.keyValue(in, one);
    } catch (NestedTooDeepException e) {
      return;
    }
    AnyValue type = one.get("prometheus.type");
    if (type != null) {
      declared = MetricMetadata.Type.of(type.text());
    }
  }

  private void points(OtlpPoint.Kind kind, ProtoReader in) {
    ProtoReader again = in.copy();
    long temporality = 0;
    boolean monotonic = false;
    boolean temporal = kind != OtlpPoint.Kind.GAUGE && kind != OtlpPoint.Kind.SUMMARY;
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 2 && temporal) {
        temporality = in.varint();
      } else if (field == 3 && kind == OtlpPoint.Kind.SUM) {
        monotonic = in.bool();
      } else {
        in.skip();
      }
    }
    OtlpFamily family = vocabulary.family(kind, monotonic, message, name, unit);
    translator.metric(family, temporality == TEMPORALITY_DELTA);
    boolean known = temporality == TEMPORALITY_DELTA || temporality == TEMPORALITY_CUMULATIVE;
    Refusal refusal = refusal(family, known || !temporal);
    boolean any = false;
    for (int field = again.next(); field != 0; field = again.next()) {
      if (field == 1) {
        again.message(pointReader);
        points++;
        if (refusal == null) {
          any |= point(family, kind);
        } else {
          rejections.add(refusal.reason, 1, family.name(), refusal.message);
        }
      } else {
        again.skip();
      }
    }
    if (any && !family.name().isEmpty()) {
      batch.addMetadata(family.name(), family.metadata(message, help, declared));
    }
  }

  private record Refusal(String reason, String message) {}

  /** Why no point of a metric is taken; null when they are. */
  private @Nullable Refusal refusal(OtlpFamily family, boolean temporalityKnown) {
    String wrong = wrongResource.isEmpty() ? wrongScope : wrongResource;
    if (!wrong.isEmpty()) {
      return new Refusal("nested_too_deep", wrong);
    }
    return temporalityKnown
        ? null
        : new Refusal(
            "no_temporality",
            "metric "
                + Rejections.quoted(family.name())
                + " does not say whether it is cumulative or delta (aggregationTemporality 2 or"
                + " 1)");
  }

  /** Reads the point that the reader stands at. */
  private boolean point(OtlpFamily family, OtlpPoint.Kind kind) {
    try {
      point.read(kind, pointReader);
    } catch (NestedTooDeepException e) {
      rejections.add(
          "nested_too_deep",
          1,
          family.name(),
          "a point of " + Rejections.quoted(family.name()) + ": " + e.getMessage());
      return false;
    }
    translator.point(point);
    boolean _ = parts.itemAdded();
    attributes.forget(ofResource);
    return true;
  }

  private void slice(ProtoReader in, Slice into) {
    in.message(pointReader);
    into.set(pointReader.offset(), pointReader.limit());
  }
}
