package io.trilith.ingest.generator;

import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.TenantId;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.TraceId;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.store.MetricAppender;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A metric store that remembers, and spans to fill it with. */
final class Written implements MetricAppender {
  final List<MetricBatch> batches = new ArrayList<>();
  boolean full;

  @Override
  public AppendResult append(TenantId tenant, MetricBatch batch) {
    if (full) {
      throw LimitExceededException.busy("full");
    }
    batches.add(batch);
    return new AppendResult(batch.samples(), batch.histograms().size(), 0);
  }

  /** All samples by series, in order of writing, as {@code value@seconds}. */
  Map<String, List<String>> samples() {
    Map<String, List<String>> all = new TreeMap<>();
    for (MetricBatch batch : batches) {
      for (int i = 0; i < batch.samples(); i++) {
        String series = batch.labels(batch.sampleSeries(i)).toString();
        all.computeIfAbsent(series, _ -> new ArrayList<>())
            .add(batch.sampleValue(i) + "@" + batch.sampleTime(i) / 1000.0);
      }
    }
    return all;
  }

  /** The last value of each series whose name begins so, by the labels that are left. */
  Map<String, Double> last(String metric) {
    Map<String, Double> all = new TreeMap<>();
    for (MetricBatch batch : batches) {
      for (int i = 0; i < batch.samples(); i++) {
        Labels labels = batch.labels(batch.sampleSeries(i));
        if (labels.get(Labels.NAME).equals(metric)) {
          all.put(labels.toBuilder().remove(Labels.NAME).build().toString(), batch.sampleValue(i));
        }
      }
    }
    return all;
  }

  static Attributes attributes(String... pairs) {
    String[] keys = new String[pairs.length / 2];
    AttributeValue[] values = new AttributeValue[keys.length];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = pairs[2 * i];
      values[i] = new AttributeValue.Text(pairs[2 * i + 1]);
    }
    return Attributes.of(keys, values);
  }

  static Span.Resource service(String name, String... more) {
    List<String> all = new ArrayList<>(List.of("service.name", name));
    all.addAll(List.of(more));
    return new Span.Resource(attributes(all.toArray(String[]::new)), 0, "");
  }

  /** A span of one trace that lasts this many milliseconds. */
  static Span span(
      Span.Resource resource, long id, long parent, int kind, long millis, String... attributes) {
    return new Span(
        new TraceId(7, 7),
        id,
        parent,
        "",
        0,
        "op",
        kind,
        1_000_000_000L,
        1_000_000_000L + millis * 1_000_000L,
        Span.Status.UNSET,
        attributes(attributes),
        List.of(),
        List.of(),
        Span.Dropped.NOTHING,
        resource,
        Span.Scope.NONE);
  }

  static Span failed(Span span) {
    return with(span, span.endNanos(), new Span.Status(2, ""));
  }

  static Span withEnd(Span span, long endNanos) {
    return with(span, endNanos, span.status());
  }

  private static Span with(Span span, long endNanos, Span.Status status) {
    return new Span(
        span.traceId(),
        span.spanId(),
        span.parentId(),
        span.traceState(),
        span.flags(),
        span.name(),
        span.kind(),
        span.startNanos(),
        endNanos,
        status,
        span.attributes(),
        span.events(),
        span.links(),
        span.dropped(),
        span.resource(),
        span.scope());
  }
}
