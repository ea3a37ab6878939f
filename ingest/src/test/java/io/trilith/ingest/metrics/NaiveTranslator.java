package io.trilith.ingest.metrics;

import io.trilith.config.LimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.ingest.otlp.AnyValue;
import io.trilith.ingest.otlp.NestedTooDeepException;
import io.trilith.ingest.otlp.OtlpAttributes;
import io.trilith.net.wire.ProtoReader;
import io.trilith.storage.model.Labels;
import io.trilith.storage.text.FloatText;
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
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns OpenTelemetry's data points into Prometheus's samples. A point that cannot be one is
 * counted and left out. One per request, told the resource and the metric before their points.
 */
final class NaiveTranslator {
  private static final MetricNames NAMES =
      new MetricNames(io.trilith.config.OtlpMetricsConfig.defaults());
  private static final String TARGET_INFO = "target_info";
  private static final List<String> IDENTIFYING =
      List.of("service.name", "service.namespace", "service.instance.id");

  private final LimitsConfig limits;
  private final Rejections rejections;
  private final Supplier<NaiveDeltaState.Session> deltas;
  private final MetricBatch batch;
  private final OtlpAttributes attributes;
  private final SeriesLabels series;
  private String job = "";
  private String instance = "";
  private NaivePoint.Kind kind = NaivePoint.Kind.GAUGE;
  private String name = "";
  private boolean delta;
  private long latestMillis = Long.MIN_VALUE;

  NaiveTranslator(
      LimitsConfig limits,
      Rejections rejections,
      Supplier<NaiveDeltaState.Session> deltas,
      MetricBatch batch,
      OtlpAttributes attributes) {
    this.limits = limits;
    this.rejections = rejections;
    this.deltas = deltas;
    this.batch = batch;
    this.attributes = attributes;
    this.series = new SeriesLabels(limits);
  }

  void resource(Map<String, AnyValue> resource) {
    String service = text(resource, "service.name");
    String namespace = text(resource, "service.namespace");
    job = namespace.isEmpty() || service.isEmpty() ? service : namespace + "/" + service;
    instance = text(resource, "service.instance.id");
    latestMillis = Long.MIN_VALUE;
  }

  private static String text(Map<String, AnyValue> resource, String key) {
    AnyValue value = resource.get(key);
    return value == null ? "" : value.text();
  }

  /** Says with target_info what the resource's attributes are. */
  void endResource(Map<String, AnyValue> resource) {
    Map<String, AnyValue> rest = new LinkedHashMap<>(resource);
    IDENTIFYING.forEach(rest::remove);
    if (latestMillis == Long.MIN_VALUE || rest.isEmpty() || (job + instance).isEmpty()) {
      return;
    }
    Labels labels = labels(TARGET_INFO, fitting(rest), "", "", 0);
    if (labels != null) {
      batch.addSample(batch.addSeries(labels), latestMillis, 0, 1);
      batch.addMetadata(
          TARGET_INFO, new MetricMetadata(MetricMetadata.Type.GAUGE, "", "Target metadata"));
    }
  }

  /** The first ones whose labels keep the limits. */
  private Map<String, AnyValue> fitting(Map<String, AnyValue> resource) {
    Map<String, String> byLabel = new TreeMap<>();
    new TreeMap<>(resource)
        .forEach(
            (key, value) -> byLabel.merge(NAMES.label(key), value.text(), (a, b) -> a + ";" + b));
    Map<String, AnyValue> fitting = new LinkedHashMap<>();
    List<String> taken = new java.util.ArrayList<>();
    for (String key : resource.keySet()) {
      String label = NAMES.label(key);
      String value = byLabel.getOrDefault(label, "");
      boolean own =
          label.equals("__name__")
              || (label.equals("job") && !job.isEmpty())
              || (label.equals("instance") && !instance.isEmpty());
      boolean there = taken.contains(label);
      if (!own
          && !label.isEmpty()
          && !value.isEmpty()
          && (there || taken.size() < limits.labelsPerSeriesMax() - 3)
          && label.length() <= limits.labelNameMax()
          && value.getBytes(java.nio.charset.StandardCharsets.UTF_8).length
              <= limits.labelValueMax()) {
        fitting.put(key, resource.get(key));
        if (!there) {
          taken.add(label);
        }
      }
    }
    return fitting;
  }

  void metric(NaivePoint.Kind nextKind, String nextName, boolean nextDelta) {
    kind = nextKind;
    name = nextName;
    delta = nextDelta;
  }

  void point(NaivePoint point) {
    if (name.isEmpty()) {
      rejections.add("missing_name", 1, "a metric has no name");
      return;
    }
    switch (kind) {
      case GAUGE, SUM -> number(point);
      case HISTOGRAM -> histogram(point);
      case EXPONENTIAL -> exponential(point);
      case SUMMARY -> summary(point);
    }
  }

  private void stored(NaivePoint point) {
    latestMillis = Math.max(latestMillis, point.timeMillis);
  }

  private void number(NaivePoint point) {
    Labels labels = labels(name, point.attributes, "", "", 1);
    if (labels == null) {
      return;
    }
    int number = add(labels, point, point.value);
    if (number < 0) {
      refuseOld();
      return;
    }
    stored(point);
    if (kind == NaivePoint.Kind.GAUGE) {
      return;
    }
    for (ProtoReader exemplar : point.exemplars) {
      Exemplar read = exemplar(exemplar);
      if (read != null) {
        batch.addExemplar(number, read);
      }
    }
  }

  private void refuseOld() {
    rejections.add(
        "delta_out_of_order",
        1,
        "delta metric "
            + Rejections.quoted(name)
            + " has this time or a later one already, perhaps of another scope or resource: "
            + new OtlpRules(limits, io.trilith.config.OtlpMetricsConfig.defaults()).hint());
  }

  /** Number of the series, -1 when the delta is not newer than what is known. */
  private int add(Labels labels, NaivePoint point, double value) {
    if (point.noValue) {
      int number = batch.addSeries(labels);
      batch.addSample(number, point.timeMillis, point.startMillis, StaleMarker.VALUE);
      return number;
    }
    if (!delta) {
      int number = batch.addSeries(labels);
      batch.addSample(number, point.timeMillis, point.startMillis, value);
      return number;
    }
    NaiveDeltaState.Session session = deltas.get();
    if (!session.add(labels, point.startMillis, point.timeMillis, value)) {
      return -1;
    }
    int number = batch.addSeries(labels);
    batch.addSample(number, point.timeMillis, session.startMillis(), session.value());
    return number;
  }

  private void histogram(NaivePoint point) {
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
    Labels count = labels(name + "_count", point.attributes, "", "", 1);
    if (count == null) {
      return;
    }
    if (add(count, point, unsigned(point.count)) < 0) {
      refuseOld();
      return;
    }
    if (point.hasSum || point.noValue) {
      addPart(name + "_sum", "", "", point, point.sum);
    }
    buckets(point);
    stored(point);
  }

  private void buckets(NaivePoint point) {
    List<Exemplar> exemplars = new ArrayList<>();
    for (ProtoReader reader : point.exemplars) {
      Exemplar read = exemplar(reader);
      if (read != null) {
        exemplars.add(read);
      }
    }
    double running = 0;
    double below = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < point.bounds.size(); i++) {
      double bound = point.bounds.asDouble(i);
      if (bound == Double.POSITIVE_INFINITY) {
        break;
      }
      running += unsigned(point.bucketCounts.get(i));
      int number = addPart(name + "_bucket", "le", FloatText.plain(bound), point, running);
      attach(exemplars, number, below, bound);
      below = bound;
    }
    int last = addPart(name + "_bucket", "le", "+Inf", point, unsigned(point.count));
    attach(exemplars, last, below, Double.POSITIVE_INFINITY);
  }

  private void attach(List<Exemplar> exemplars, int number, double above, double upTo) {
    for (Exemplar exemplar : exemplars) {
      boolean inside = exemplar.value() > above || above == Double.NEGATIVE_INFINITY;
      if (number >= 0 && inside && exemplar.value() <= upTo) {
        batch.addExemplar(number, exemplar);
      }
    }
  }

  /** A further series of a point that counts once; -1 when it could not be added. */
  private int addPart(
      String part, String label, String labelValue, NaivePoint point, double value) {
    Labels labels = labels(part, point.attributes, label, labelValue, 0);
    return labels == null ? -1 : add(labels, point, value);
  }

  private void refuseHistogram(String problem) {
    rejections.add("invalid_histogram", 1, "histogram " + Rejections.quoted(name) + ": " + problem);
  }

  private void exponential(NaivePoint point) {
    if (point.scale < NativeHistogram.SCHEMA_MIN) {
      refuseHistogram("its scale " + point.scale + " is below " + NativeHistogram.SCHEMA_MIN);
      return;
    }
    NativeHistogram histogram = NaiveExponentialHistograms.of(point);
    String problem = HistogramChecks.problem(histogram, limits);
    if (problem != null) {
      refuseHistogram(problem);
      return;
    }
    Labels labels = labels(name, point.attributes, "", "", 1);
    if (labels == null) {
      return;
    }
    long start = point.startMillis;
    if (delta && !point.noValue) {
      NaiveDeltaState.Session session = deltas.get();
      if (!session.add(labels, start, point.timeMillis, histogram)) {
        refuseOld();
        return;
      }
      histogram = session.histogram();
      start = session.startMillis();
    }
    int number = batch.addSeries(labels);
    batch.addHistogram(number, point.timeMillis, start, histogram);
    stored(point);
    for (ProtoReader reader : point.exemplars) {
      Exemplar read = exemplar(reader);
      if (read != null) {
        batch.addExemplar(number, read);
      }
    }
  }

  private void summary(NaivePoint point) {
    Labels count = labels(name + "_count", point.attributes, "", "", 1);
    if (count == null) {
      return;
    }
    if (add(count, point, unsigned(point.count)) < 0) {
      refuseOld();
      return;
    }
    addPart(name + "_sum", "", "", point, point.sum);
    for (int i = 0; i < point.quantiles.size(); i++) {
      String quantile = FloatText.plain(point.quantiles.asDouble(i));
      addPart(name, "quantile", quantile, point, point.quantileValues.asDouble(i));
    }
    stored(point);
  }

  private static double unsigned(long count) {
    return count >= 0 ? count : (count >>> 1) * 2.0;
  }

  /** Attributes whose keys become one label have their values joined, in the order of the keys. */
  private @Nullable Labels labels(
      String metric, Map<String, AnyValue> of, String extra, String extraValue, long items) {
    series.clear();
    if (!of.isEmpty()) {
      Map<String, String> byLabel = new TreeMap<>();
      new TreeMap<>(of)
          .forEach(
              (key, value) -> byLabel.merge(NAMES.label(key), value.text(), (a, b) -> a + ";" + b));
      byLabel.remove("");
      for (String own : List.of(Labels.NAME, "job", "instance", extra)) {
        boolean replaced =
            own.equals(Labels.NAME)
                || own.equals(extra)
                || (own.equals("job") && !job.isEmpty())
                || (own.equals("instance") && !instance.isEmpty());
        if (replaced && !own.isEmpty()) {
          byLabel.remove(own);
        }
      }
      byLabel.forEach(series::add);
    }
    series.add(Labels.NAME, metric);
    if (!job.isEmpty()) {
      series.add("job", job);
    }
    if (!instance.isEmpty()) {
      series.add("instance", instance);
    }
    if (!extra.isEmpty()) {
      series.add(extra, extraValue);
    }
    return series.build(items, rejections);
  }

  private void filtered(ProtoReader in, Map<String, AnyValue> into) {
    try {
      attributes.keyValue(in, into);
    } catch (NestedTooDeepException e) {
      rejections.add(
          "nested_too_deep",
          0,
          "an exemplar of " + Rejections.quoted(name) + ": " + e.getMessage());
    }
  }

  private @Nullable Exemplar exemplar(ProtoReader in) {
    Map<String, AnyValue> filtered = new LinkedHashMap<>();
    double value = 0;
    long timeMillis = 0;
    String trace = "";
    String span = "";
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 2 -> timeMillis = NaivePoint.millis(in.fixed64());
        case 3 -> value = in.float64();
        case 4 -> span = HexFormat.of().formatHex(in.bytes());
        case 5 -> trace = HexFormat.of().formatHex(in.bytes());
        case 6 -> value = in.fixed64();
        case 7 -> filtered(in.message(), filtered);
        default -> in.skip();
      }
    }
    String zeros = "0".repeat(trace.length());
    Map<String, String> ids = new TreeMap<>();
    if (!trace.isEmpty() && !trace.equals(zeros)) {
      ids.put("trace_id", trace);
    }
    if (!span.isEmpty() && !span.equals("0".repeat(span.length()))) {
      ids.put("span_id", span);
    }
    Map<String, String> all = new TreeMap<>();
    filtered.forEach((key, any) -> all.put(NAMES.label(key), any.text()));
    all.remove("");
    all.putAll(ids);
    all.values().removeIf(String::isEmpty);
    String text = String.join("", all.keySet()) + String.join("", all.values());
    boolean fits = text.codePoints().count() <= 128;
    String idText = String.join("", ids.keySet()) + String.join("", ids.values());
    if (!fits && idText.length() > 128) {
      return null;
    }
    return new Exemplar(Labels.of(fits ? all : ids), value, timeMillis);
  }
}
