package io.trilith.ingest.metrics;

import io.trilith.config.LimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.ingest.otlp.OtlpAttributes;
import io.trilith.net.wire.ProtoReader;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.memory.Booking;
import io.trilith.tsdb.KeyScanner;
import io.trilith.tsdb.MetricBatch;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * Walks an ExportMetricsServiceRequest and translates what it finds. Makes no objects per point.
 * One per request.
 */
final class OtlpMetricsDecoder {
  private static final int TEMPORALITY_DELTA = 1;

  private final byte[] message;
  private final OtlpVocabulary vocabulary;
  private final OtlpAttributes attributes;
  private final AttributeSet resource;
  private final OtlpPoint point;
  private final PointTranslator translator;
  private final MetricParts parts;
  private final MetricBatch batch;
  private long ofResource;
  private final ProtoReader pointReader = new ProtoReader(new byte[0]);
  private final Slice name = new Slice();
  private final Slice help = new Slice();
  private final Slice unit = new Slice();

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
      LimitsConfig limits,
      Rejections rejections,
      Supplier<DeltaState.Session> deltas,
      OtlpVocabulary vocabulary,
      MetricParts parts,
      Booking memory) {
    this.attributes =
        new OtlpAttributes(limits.attributeDepthMax(), "limits.attribute-depth-max", memory);
    this.message = message;
    this.vocabulary = vocabulary;
    this.parts = parts;
    this.batch = parts.batch();
    batch.reset(message, null);
    this.resource = new AttributeSet(message, vocabulary.names(), attributes);
    this.point = new OtlpPoint(new AttributeSet(message, vocabulary.names(), attributes));
    SeriesKeys keys = new SeriesKeys(limits, rejections, vocabulary, batch.ownKeys());
    this.translator =
        new PointTranslator(
            message, limits, rejections, deltas, batch, keys, vocabulary, attributes);
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
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        resource(in.message());
      } else {
        in.skip();
      }
    }
    ofResource = attributes.made();
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

  private void resource(ProtoReader in) {
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        in.message(pointReader);
        resource.add(pointReader);
      } else {
        in.skip();
      }
    }
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
    name.set(0, 0);
    help.set(0, 0);
    unit.set(0, 0);
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> name(in);
        case 2 -> slice(in, help);
        case 3 -> slice(in, unit);
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

  private void slice(ProtoReader in, Slice into) {
    in.message(pointReader);
    into.set(pointReader.offset(), pointReader.limit());
  }

  private void name(ProtoReader in) {
    slice(in, name);
    if (!KeyScanner.isAscii(message, name.from, name.to)
        && !KeyScanner.isUtf8(message, name.from, name.to)) {
      throw new InvalidRequestException(
          "a metric name is not valid UTF-8 (byte " + name.from + ")");
    }
  }

  private void points(OtlpPoint.Kind kind, ProtoReader in) {
    ProtoReader again = in.copy();
    long temporality = 0;
    boolean monotonic = false;
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 2 && (kind != OtlpPoint.Kind.GAUGE && kind != OtlpPoint.Kind.SUMMARY)) {
        temporality = in.varint();
      } else if (field == 3 && kind == OtlpPoint.Kind.SUM) {
        monotonic = in.bool();
      } else {
        in.skip();
      }
    }
    OtlpFamily family = vocabulary.family(kind, monotonic, message, name, unit);
    translator.metric(family, temporality == TEMPORALITY_DELTA);
    boolean any = false;
    for (int field = again.next(); field != 0; field = again.next()) {
      if (field == 1) {
        again.message(pointReader);
        point.read(kind, pointReader);
        translator.point(point);
        boolean _ = parts.itemAdded();
        attributes.forget(ofResource);
        any = true;
      } else {
        again.skip();
      }
    }
    if (any && !family.name().isEmpty()) {
      batch.addMetadata(family.name(), family.metadata(message, help));
    }
  }
}
