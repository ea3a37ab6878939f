package io.trilith.ingest.generator;

import io.trilith.config.MetricsGeneratorConfig.Histograms;
import io.trilith.config.SpanMetricsConfig;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.MetricMetadata;
import java.util.ArrayList;
import java.util.List;

/**
 * Counts, times and sizes of spans by service and operation. Guarded by the tenant's lock.
 *
 * <p>Names, labels and buckets are those of Tempo's processor span-metrics.
 */
final class SpanMetrics {
  private static final String CALLS = "traces_spanmetrics_calls_total";
  private static final String LATENCY = "traces_spanmetrics_latency";
  private static final String SIZE = "traces_spanmetrics_size_total";
  private static final double[] BOUNDS = Seconds.doubling(0.002, 14);
  private static final List<String> OWN_LABELS =
      List.of(
          "service",
          "span_name",
          "span_kind",
          "status_code",
          "status_message",
          "job",
          "instance",
          "le");
  private static final String[] KINDS = {
    "SPAN_KIND_UNSPECIFIED",
    "SPAN_KIND_INTERNAL",
    "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER",
    "SPAN_KIND_CONSUMER"
  };
  private static final String[] STATUSES = {
    "STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"
  };

  private final SpanMetricsConfig config;
  private final Histograms kinds;
  private final LabelPlan plan;
  private final ActiveSeries.Table<Operation, Series> table;

  SpanMetrics(GeneratorRules rules, ActiveSeries active) {
    config = rules.spans();
    kinds = rules.writing().histograms();
    plan = LabelPlan.of(rules, OWN_LABELS, config.dimensions(), List.of(""));
    table =
        active.table(
            2 + Seconds.size(BOUNDS.length, kinds), now -> new Series(plan.overflow(), now));
  }

  static void describe(SampleWriter out) {
    out.metadata(CALLS, MetricMetadata.Type.COUNTER, "Spans.");
    out.metadata(LATENCY, MetricMetadata.Type.HISTOGRAM, "Duration of spans in seconds.");
    out.metadata(SIZE, MetricMetadata.Type.COUNTER, "Size of spans in bytes.");
  }

  /** What tells the series of spans apart; what is no label is empty or 0. */
  private record Operation(
      String service, String name, int kind, int status, String message, List<String> more) {}

  /** Counts a span. */
  void count(BatchSpan span, long now) {
    Operation operation =
        new Operation(
            config.service() ? span.service() : "",
            config.spanName() ? plan.cut(span.name()) : "",
            config.spanKind() ? span.kind() : -1,
            config.statusCode() ? span.status() : -1,
            config.statusMessage() ? plan.cut(span.message()) : "",
            more(span));
    Series series = table.get(operation, now, at -> new Series(labels(operation), at));
    series.calls++;
    series.bytes += WireSize.of(span);
    series.latency.observe(span.durationNanos() / 1e9, span.traceId(), now);
  }

  private List<String> more(BatchSpan span) {
    int own = config.jobAndInstance() ? 2 : 0;
    if (plan.attributes().isEmpty() && own == 0) {
      return List.of();
    }
    List<String> values = new ArrayList<>(plan.attributes().size() + own);
    for (String attribute : plan.attributes()) {
      values.add(plan.cut(span.findAnywhere(attribute)));
    }
    if (own > 0) {
      values.add(plan.cut(TargetInfo.job(span.resource())));
      values.add(plan.cut(TargetInfo.instance(span.resource())));
    }
    return values;
  }

  private Labels labels(Operation operation) {
    Labels.Builder labels = plan.builder();
    Texts.set(labels, "service", operation.service, plan.valueMax());
    Texts.set(labels, "span_name", operation.name, plan.valueMax());
    Texts.set(labels, "span_kind", word(KINDS, operation.kind), plan.valueMax());
    Texts.set(labels, "status_code", word(STATUSES, operation.status), plan.valueMax());
    Texts.set(labels, "status_message", operation.message, plan.valueMax());
    plan.set(labels, operation.more);
    if (config.jobAndInstance()) {
      int at = plan.attributes().size();
      Texts.set(labels, "job", operation.more.get(at), plan.valueMax());
      Texts.set(labels, "instance", operation.more.get(at + 1), plan.valueMax());
    }
    return labels.build();
  }

  private static String word(String[] words, int number) {
    if (number < 0) {
      return "";
    }
    return number < words.length ? words[number] : Integer.toString(number);
  }

  private final class Series extends SeriesGroup {
    private final byte[] callsKey;
    private final byte[] sizeKey;
    private final Seconds latency;
    private long calls;
    private long bytes;

    Series(Labels labels, long now) {
      super(now);
      callsKey = key(labels, CALLS);
      sizeKey = key(labels, SIZE);
      latency = new Seconds(BOUNDS, kinds, labels, LATENCY);
    }

    @Override
    void write(SampleWriter out) {
      out.counter(callsKey, born(), fresh(), (double) calls);
      out.counter(sizeKey, born(), fresh(), (double) bytes);
      latency.write(out, born(), fresh());
    }

    @Override
    void end(SampleWriter out) {
      end(callsKey, out);
      end(sizeKey, out);
      latency.end(out);
    }
  }
}
