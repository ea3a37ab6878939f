package io.trilith.query.tempo;

import io.trilith.engine.QueryBudget;
import io.trilith.net.GrpcStreamHandler;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.traceql.ast.Printer;
import io.trilith.traceql.ast.Static;
import io.trilith.traceql.eval.TraceSearch;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;

/**
 * The answer of a search as messages {@code tempopb.SearchResponse}. Every one has metrics, which
 * Grafana reads unseen; clients merge them by trace and keep the first of each.
 */
final class SearchProto {
  /** Clients take 4 MiB; a trace more may follow. */
  static final int MESSAGE_MAX = 1 << 20;

  private final FoundAttributes attributes;
  private ProtoWriter out = new ProtoWriter();

  private SearchProto(FoundAttributes attributes) {
    this.attributes = attributes;
  }

  /** The message that says that there is work and nothing is found yet. */
  static byte[] begun() {
    ProtoWriter out = new ProtoWriter();
    progress(0, 0, 0, out);
    return out.toBytes();
  }

  /** Emits a whole answer. */
  static void emit(TraceSearch.Result result, QueryBudget budget, GrpcStreamHandler.Emitter emitter)
      throws IOException {
    // Grafana is the client of this interface, and makes a column of each key.
    SearchProto proto = new SearchProto(new FoundAttributes(result, true));
    budget.addBytes(2L * MESSAGE_MAX);
    for (TraceSearch.FoundTrace trace : result.traces()) {
      if (proto.out.size() >= MESSAGE_MAX) {
        progress(0, result.inspectedTraces(), result.inspectedSpans(), proto.out);
        emitter.emit(proto.out.toBytes());
        proto.out = new ProtoWriter();
      }
      proto.trace(trace);
    }
    progress(1, result.inspectedTraces(), result.inspectedSpans(), proto.out);
    emitter.emit(proto.out.toBytes());
  }

  /** The metrics of a message: one job, done or not. */
  static void progress(int jobsDone, long traces, long spans, ProtoWriter out) {
    int metrics = out.begin(2);
    out.some(1, traces).varint(3, 1).some(4, jobsDone).varint(5, 1).some(7, spans);
    out.end(metrics);
  }

  private void trace(TraceSearch.FoundTrace trace) {
    int nested = out.begin(1);
    String service = Objects.requireNonNullElse(trace.rootService(), "");
    out.string(1, trace.id().shortHex()).some(2, trace.rootKnown() ? service : SearchJson.NO_ROOT);
    out.some(3, Objects.requireNonNullElse(trace.rootName(), ""));
    out.some(4, trace.startNanos());
    out.some(5, Math.min(trace.durationNanos() / 1_000_000, 0xffffffffL));
    trace.sets().forEach(this::set);
    trace
        .services()
        .forEach(
            (name, stats) -> {
              int entry = out.begin(8);
              int value = out.string(1, name).begin(2);
              out.some(1, stats.spans()).some(2, stats.errors()).end(value);
              out.end(entry);
            });
    out.end(nested);
  }

  private void set(TraceSearch.FoundSet set) {
    int nested = out.begin(7);
    set.spans().forEach(this::span);
    out.some(2, set.matched());
    attributes(3, attributes.of(set));
    out.end(nested);
  }

  private void span(TraceSearch.FoundSpan found) {
    int nested = out.begin(1);
    out.string(1, HexFormat.of().toHexDigits(found.spanId()));
    out.some(2, found.name()).some(3, found.startNanos());
    out.some(4, found.durationNanos());
    attributes(5, attributes.of(found));
    out.end(nested);
  }

  private void attributes(int field, Map<String, Static> all) {
    all.forEach((key, value) -> keyValue(field, key, value, out));
  }

  /** A pair of OTLP's, its value one of a number, a truth value and a text. */
  static void keyValue(int field, String key, Static value, ProtoWriter out) {
    int pair = out.begin(field);
    int nested = out.string(1, key).begin(2);
    switch (value) {
      case Static.Int number -> out.varint(3, number.value());
      case Static.Real number -> out.float64(4, number.value());
      case Static.Bool bool -> out.varint(2, bool.value() ? 1 : 0);
      case Static.Nil _,
          Static.Text _,
          Static.Duration _,
          Static.Status _,
          Static.Kind _,
          Static.Items _ ->
          out.string(1, Printer.text(value));
    }
    out.end(nested);
    out.end(pair);
  }
}
