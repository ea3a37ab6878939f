package io.trilith.ingest.metrics;

import io.trilith.config.LimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.ingest.otlp.AnyValue;
import io.trilith.ingest.otlp.NestedTooDeepException;
import io.trilith.ingest.otlp.OtlpAttributes;
import io.trilith.net.wire.ProtoReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.StaleMarker;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns OpenTelemetry's data points into Prometheus's samples. A point that cannot be one is
 * counted and left out. One per request, told the resource and the metric before their points.
 */
final class PointTranslator {
  /** More than any sampler keeps of one point. */
  private static final int EXEMPLARS_MAX = 4096;

  /** Of names and values together; OpenMetrics has the limit. */
  private static final int EXEMPLAR_CHARACTERS_MAX = 128;

  private static final String TARGET_INFO = "target_info";
  private static final List<String> IDENTIFYING =
      List.of("service.name", "service.namespace", "service.instance.id");

  private final byte[] message;
  private final LimitsConfig limits;
  private final OtlpRules rules;
  private final Rejections rejections;
  private final Supplier<DeltaState.Session> deltas;
  private final MetricBatch batch;
  private final SeriesKeys keys;
  private final OtlpVocabulary vocabulary;
  private final OtlpAttributes attributes;
  private final OtlpFamily.Part targetInfo;
  private boolean identified;
  private OtlpFamily family;
  private boolean delta;
  private long latestMillis = Long.MIN_VALUE;

  PointTranslator(
      byte[] message,
      Rejections rejections,
      Supplier<DeltaState.Session> deltas,
      MetricBatch batch,
      SeriesKeys keys,
      OtlpVocabulary vocabulary,
      OtlpAttributes attributes) {
    this.message = message;
    this.rules = vocabulary.rules();
    this.limits = rules.limits();
    this.rejections = rejections;
    this.deltas = deltas;
    this.batch = batch;
    this.keys = keys;
    this.vocabulary = vocabulary;
    this.attributes = attributes;
    this.targetInfo = new OtlpFamily.Part(TARGET_INFO, limits);
    this.family = OtlpFamily.none(rules);
  }

  void resource(AttributeSet resource) {
    String service = resource.text("service.name");
    String namespace = resource.text("service.namespace");
    String job = namespace.isEmpty() || service.isEmpty() ? service : namespace + "/" + service;
    String instance = resource.text("service.instance.id");
    identified = !(job.isEmpty() && instance.isEmpty());
    keys.resource(job, instance);
    rejections.of(job);
    latestMillis = Long.MIN_VALUE;
  }

  /** Sets the labels that the resource and the scope of the next points give to their series. */
  void common(Map<String, String> ofResource, Map<String, String> ofScope) {
    keys.common(ofResource, ofScope);
  }

  /** Says with target_info what the resource's attributes are; takes those that are labels away. */
  void endResource(AttributeSet resource) {
    boolean says = resource.hasOtherThan(IDENTIFYING);
    if (latestMillis == Long.MIN_VALUE || !says || !identified) {
      return;
    }
    if (!rules.keepsIdentifying()) {
      IDENTIFYING.forEach(resource::remove);
    }
    int from = keys.info(targetInfo, resource);
    if (from >= 0) {
      batch.addSample(batch.addOwnSeries(from), latestMillis, 0, 1);
      batch.addMetadata(
          TARGET_INFO, new MetricMetadata(MetricMetadata.Type.GAUGE, "", "Target metadata"));
    }
  }

  void metric(OtlpFamily nextFamily, boolean nextDelta) {
    family = nextFamily;
    delta = nextDelta;
  }

  void point(OtlpPoint point) {
    if (family.name().isEmpty()) {
      rejections.add("missing_name", 1, "a metric has no name");
      return;
    }
    switch (family.kind()) {
      case GAUGE, SUM -> number(point);
      case HISTOGRAM -> histogram(point);
      case EXPONENTIAL -> exponential(point);
      case SUMMARY -> summary(point);
    }
  }

  private void stored(OtlpPoint point) {
    latestMillis = Math.max(latestMillis, point.timeMillis);
  }

  private void number(OtlpPoint point) {
    int from = keys.first(family.plain(), point.attributes, 1);
    if (from < 0) {
      return;
    }
    int number = add(from, point, point.value);
    if (number < 0) {
      refuseOld();
      return;
    }
    stored(point);
    if (family.kind() != OtlpPoint.Kind.GAUGE) {
      exemplars(point, number);
    }
  }

  private void exemplars(OtlpPoint point, int number) {
    for (Exemplar exemplar : readExemplars(point)) {
      batch.addExemplar(number, exemplar);
    }
  }

  private void refuseOld() {
    rejections.add(
        "delta_out_of_order",
        1,
        family.name(),
        "delta metric "
            + Rejections.quoted(family.name())
            + " has this time or a later one already, perhaps of another scope or resource: "
            + rules.hint());
  }

  /** Number of the series, -1 when the delta is not newer than what is known. */
  private int add(int from, OtlpPoint point, double value) {
    long start = point.startMillis;
    double stored = point.noValue ? StaleMarker.VALUE : value;
    if (delta && !point.noValue) {
      DeltaState.Session session = deltas.get();
      ByteWriter own = batch.ownKeys();
      if (!session.add(own.array(), from, own.size() - from, start, point.timeMillis, value)) {
        own.truncate(from);
        return -1;
      }
      start = session.startMillis();
      stored = session.value();
    }
    int number = batch.addOwnSeries(from);
    batch.addSample(number, point.timeMillis, start, stored);
    return number;
  }

  private void histogram(OtlpPoint point) {
    int bounds = point.bounds.size();
    int counts = point.bucketCounts.size();
    if ((counts != 0 || bounds != 0) && counts != bounds + 1) {
      refuseHistogram("it has " + counts + " buckets for " + bounds + " bounds");
      return;
    }
    if (bounds > limits.histogramBucketsMax()) {
      refuseHistogram(
          "it has "
              + bounds
              + " bounds; limits.histogram-buckets-max is "
              + limits.histogramBucketsMax());
      return;
    }
    for (int i = 0; i < bounds; i++) {
      double bound = point.bounds.asDouble(i);
      if (Double.isNaN(bound) || (i > 0 && bound <= point.bounds.asDouble(i - 1))) {
        refuseHistogram("its bounds are not ascending");
        return;
      }
    }
    if (rules.nativeBounds()) {
      addNative(point, NativeHistograms.withBounds(point));
      return;
    }
    int from = keys.first(family.count(), point.attributes, 1);
    if (from < 0) {
      return;
    }
    if (add(from, point, unsigned(point.count)) < 0) {
      refuseOld();
      return;
    }
    if (point.hasSum || point.noValue) {
      addSum(point);
    }
    buckets(point);
    stored(point);
  }

  private void buckets(OtlpPoint point) {
    List<Exemplar> exemplars = readExemplars(point);
    double running = 0;
    double below = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < point.bounds.size(); i++) {
      double bound = point.bounds.asDouble(i);
      if (bound == Double.POSITIVE_INFINITY) {
        break;
      }
      running += unsigned(point.bucketCounts.get(i));
      int number = addPart(family.bucket(), vocabulary.bounds(), bound, point, running);
      attach(exemplars, number, below, bound);
      below = bound;
    }
    int last =
        addPart(
            family.bucket(),
            vocabulary.bounds(),
            Double.POSITIVE_INFINITY,
            point,
            unsigned(point.count));
    attach(exemplars, last, below, Double.POSITIVE_INFINITY);
  }

  private List<Exemplar> readExemplars(OtlpPoint point) {
    if (point.exemplars.size() == 0) {
      return List.of();
    }
    refuseTooManyExemplars(point);
    List<Exemplar> exemplars = new ArrayList<>();
    for (int i = 0; i < Math.min(point.exemplars.size(), 2 * EXEMPLARS_MAX); i += 2) {
      Exemplar read = exemplar(point, i);
      if (read != null) {
        exemplars.add(read);
      }
    }
    return exemplars;
  }

  private void refuseTooManyExemplars(OtlpPoint point) {
    int more = point.exemplars.size() / 2 - EXEMPLARS_MAX;
    if (more > 0) {
      rejections.add(
          "too_many_exemplars",
          more,
          family.name(),
          "a point of "
              + Rejections.quoted(family.name())
              + " has more than "
              + EXEMPLARS_MAX
              + " exemplars, the limit of one point; the rest is left out");
    }
  }

  private void attach(List<Exemplar> exemplars, int number, double above, double upTo) {
    for (Exemplar exemplar : exemplars) {
      boolean inside = exemplar.value() > above || above == Double.NEGATIVE_INFINITY;
      if (number >= 0 && inside && exemplar.value() <= upTo) {
        batch.addExemplar(number, exemplar);
      }
    }
  }

  private void addSum(OtlpPoint point) {
    int from = keys.further(family.sum(), point.attributes);
    if (from >= 0) {
      add(from, point, point.sum);
    }
  }

  /** A further series of a point that counts once; -1 when it could not be added. */
  private int addPart(
      OtlpFamily.Part part, BoundLabels label, double labelValue, OtlpPoint point, double value) {
    int from = keys.further(part, point.attributes, label, labelValue);
    return from < 0 ? -1 : add(from, point, value);
  }

  private void refuseHistogram(String problem) {
    rejections.add(
        "invalid_histogram",
        1,
        family.name(),
        "histogram " + Rejections.quoted(family.name()) + ": " + problem);
  }

  private void exponential(OtlpPoint point) {
    if (point.scale < NativeHistogram.SCHEMA_MIN) {
      refuseHistogram("its scale " + point.scale + " is below " + NativeHistogram.SCHEMA_MIN);
      return;
    }
    addNative(point, NativeHistograms.exponential(point));
  }

  private void addNative(OtlpPoint point, NativeHistogram sent) {
    NativeHistogram histogram = sent;
    long start = point.startMillis;
    String problem = HistogramChecks.problem(histogram, limits);
    if (problem != null) {
      refuseHistogram(problem);
      return;
    }
    int from = keys.first(family.plain(), point.attributes, 1);
    if (from < 0) {
      return;
    }
    if (delta && !point.noValue) {
      DeltaState.Session session = deltas.get();
      ByteWriter own = batch.ownKeys();
      int length = own.size() - from;
      if (!session.add(own.array(), from, length, start, point.timeMillis, histogram)) {
        own.truncate(from);
        refuseOld();
        return;
      }
      histogram = session.histogram();
      start = session.startMillis();
    }
    int number = batch.addOwnSeries(from);
    batch.addHistogram(number, point.timeMillis, start, histogram);
    stored(point);
    exemplars(point, number);
  }

  private void summary(OtlpPoint point) {
    if (point.quantiles.size() > limits.histogramBucketsMax()) {
      rejections.add(
          "invalid_summary",
          1,
          family.name(),
          "summary "
              + Rejections.quoted(family.name())
              + " has "
              + point.quantiles.size()
              + " quantiles; limits.histogram-buckets-max is "
              + limits.histogramBucketsMax());
      return;
    }
    int from = keys.first(family.count(), point.attributes, 1);
    if (from < 0) {
      return;
    }
    if (add(from, point, unsigned(point.count)) < 0) {
      refuseOld();
      return;
    }
    addSum(point);
    for (int i = 0; i < point.quantiles.size(); i++) {
      addPart(
          family.plain(),
          vocabulary.quantiles(),
          point.quantiles.asDouble(i),
          point,
          point.quantileValues.asDouble(i));
    }
    stored(point);
  }

  private static double unsigned(long count) {
    return count >= 0 ? count : (count >>> 1) * 2.0;
  }

  /** OpenTelemetry's attributes of an exemplar are left out when they make it too long. */
  private @Nullable Exemplar exemplar(OtlpPoint point, int slice) {
    ProtoReader in =
        new ProtoReader(
            message, (int) point.exemplars.get(slice), (int) point.exemplars.get(slice + 1));
    Map<String, AnyValue> filtered = new LinkedHashMap<>();
    double value = 0;
    long timeMillis = 0;
    String trace = "";
    String span = "";
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 2 -> timeMillis = OtlpPoint.millis(in.fixed64());
        case 3 -> value = in.float64();
        case 4 -> span = hex(in.bytes());
        case 5 -> trace = hex(in.bytes());
        case 6 -> value = in.fixed64();
        case 7 -> filteredAttribute(in.message(), filtered);
        default -> in.skip();
      }
    }
    Labels ids = new Labels.Builder().set("trace_id", trace).set("span_id", span).build();
    Labels.Builder all = new Labels.Builder();
    filtered.forEach(
        (key, any) -> {
          String label = rules.names().label(key);
          if (!label.isEmpty()) {
            all.set(label, any.text());
          }
        });
    Labels whole = all.set("trace_id", trace).set("span_id", span).build();
    Labels labels = characters(whole) <= EXEMPLAR_CHARACTERS_MAX ? whole : ids;
    return characters(labels) > EXEMPLAR_CHARACTERS_MAX
        ? null
        : new Exemplar(labels, value, timeMillis);
  }

  private void filteredAttribute(ProtoReader in, Map<String, AnyValue> into) {
    try {
      attributes.keyValue(in, into);
    } catch (NestedTooDeepException e) {
      rejections.add(
          "nested_too_deep",
          0,
          "an exemplar of " + Rejections.quoted(family.name()) + ": " + e.getMessage());
    }
  }

  /** An id of zeros is none. */
  private static String hex(byte[] id) {
    for (byte b : id) {
      if (b != 0) {
        return HexFormat.of().formatHex(id);
      }
    }
    return "";
  }

  private static int characters(Labels labels) {
    int count = 0;
    for (int i = 0; i < labels.size(); i++) {
      String name = labels.name(i);
      String value = labels.value(i);
      count += name.codePointCount(0, name.length()) + value.codePointCount(0, value.length());
    }
    return count;
  }
}
