package io.trilith.query.tempo;

import io.trilith.config.TraceQueryConfig;
import io.trilith.engine.QueryContext;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.traceql.ast.Pipeline;
import io.trilith.traceql.ast.TraceQuery;
import io.trilith.traceql.eval.BudgetCost;
import io.trilith.traceql.eval.PipelineRun;
import io.trilith.traceql.eval.TraceView;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanReader;
import io.trilith.tracestore.SpanSize;
import io.trilith.tracestore.Trace;
import io.trilith.tracestore.TraceId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The endpoints of one trace by its id. Thread-safe. */
final class TraceApi {
  private static final String PROTOBUF = "application/protobuf";

  private final TempoQueries queries;
  private final TraceQueryConfig config;

  TraceApi(TempoQueries queries, TraceQueryConfig config) {
    this.queries = queries;
    this.config = config;
  }

  private static TraceId id(HttpRequest request) {
    TraceId id = TraceId.parse(request.pathVariable("id"));
    Parameters.wholeSeconds(request::parameter, "start");
    Parameters.wholeSeconds(request::parameter, "end");
    Parameters.Range _ = Parameters.optionalRange(request::parameter);
    return id;
  }

  private @Nullable Trace find(TraceId id, SpanReader reader, QueryContext context) {
    return reader.trace(id, config.traceSpansMax(), new BudgetCost(context));
  }

  /** The array grows by doubling and is copied when it is done. */
  private static void charge(List<Span> spans, QueryContext context) {
    for (Span span : spans) {
      context.budget().addBytes(2 * SpanSize.of(span));
    }
  }

  private static boolean wantsProtobuf(HttpRequest request) {
    return request.header("accept").orElse("").contains(PROTOBUF);
  }

  HttpAnswer v1(HttpRequest request) throws IOException, InterruptedException {
    TraceId id = id(request);
    return queries.run(
        request, (reader, context) -> v1(request, find(id, reader, context), context));
  }

  private static HttpAnswer v1(HttpRequest request, @Nullable Trace trace, QueryContext context) {
    if (trace == null) {
      return HttpAnswer.empty(404);
    }
    if (wantsProtobuf(request)) {
      charge(trace.spans(), context);
      ProtoWriter out = new ProtoWriter();
      TraceProto.put(trace.spans(), out);
      return HttpAnswer.bytes(200, PROTOBUF, out.toBytes());
    }
    JsonText out = new JsonText(context.budget()).open('{').key("batches");
    TraceJson.resourceSpans(trace.spans(), out);
    return out.close('}').answer(200);
  }

  HttpAnswer v2(HttpRequest request) throws IOException, InterruptedException {
    Optional<Selection> selection = selection(request);
    TraceId id = id(request);
    return queries.run(
        request,
        (reader, context) -> {
          Trace trace = find(id, reader, context);
          return v2(request, selection, new Found(trace, reader.warnings()), context);
        });
  }

  /**
   * What there is of a trace.
   *
   * @param lacks why it may not be all
   */
  private record Found(@Nullable Trace trace, List<String> lacks) {}

  private HttpAnswer v2(
      HttpRequest request, Optional<Selection> selection, Found of, QueryContext context) {
    Trace trace = of.trace();
    List<Span> spans = trace == null ? List.of() : trace.spans();
    List<String> lacks = new ArrayList<>(of.lacks());
    if (spans.size() >= config.traceSpansMax()) {
      lacks.add(
          "the trace has more than trace-query.trace-spans-max = "
              + config.traceSpansMax()
              + " spans; the rest is left out");
    }
    boolean partial = !lacks.isEmpty();
    if (trace != null && selection.isPresent()) {
      spans = selection.get().of(new TraceView(trace), context);
    }
    String message = String.join("; ", lacks);
    if (wantsProtobuf(request)) {
      charge(spans, context);
      ProtoWriter out = new ProtoWriter();
      int found = out.begin(1);
      TraceProto.put(spans, out);
      out.end(found);
      out.end(out.begin(2));
      if (partial) {
        out.varint(3, 1).string(4, message);
      }
      return HttpAnswer.bytes(200, PROTOBUF, out.toBytes());
    }
    JsonText out = new JsonText(context.budget()).open('{').key("trace").open('{');
    if (!spans.isEmpty()) {
      TraceJson.resourceSpans(spans, out.key("resourceSpans"));
    }
    out.close('}').key("metrics").open('{').close('}');
    if (partial) {
      out.field("status", "PARTIAL").field("message", message);
    }
    return out.close('}').answer(200);
  }

  /**
   * A part of a trace.
   *
   * @param depth levels below a match that are kept too
   * @param ancestors levels above
   */
  private record Selection(Pipeline filter, int depth, int ancestors) {
    List<Span> of(TraceView trace, QueryContext context) {
      BitSet kept = PipelineRun.matched(filter, trace, context);
      int[] levels = new int[trace.size()];
      BitSet above = new BitSet(trace.size());
      for (int i = 0; i < trace.size(); i++) {
        context.check();
        levels[i] = levelsBelow(trace, i, kept);
        // Bounded by the size: parents may form a cycle.
        int left = kept.get(i) ? Math.min(ancestors, trace.size()) : 0;
        for (int p = trace.parent(i); p >= 0 && left-- > 0; p = trace.parent(p)) {
          above.set(p);
        }
      }
      List<Span> spans = new ArrayList<>();
      for (int i = 0; i < trace.size(); i++) {
        if (above.get(i) || (levels[i] >= 0 && levels[i] <= depth)) {
          spans.add(trace.span(i));
        }
      }
      return spans;
    }

    /** How far above the next match is; negative when it is farther than wanted. */
    private int levelsBelow(TraceView trace, int span, BitSet matches) {
      int at = span;
      for (int level = 0; at >= 0 && level <= depth && level <= trace.size(); level++) {
        if (matches.get(at)) {
          return level;
        }
        at = trace.parent(at);
      }
      return -1;
    }
  }

  private Optional<Selection> selection(HttpRequest request) {
    int depth = Parameters.integer(request::parameter, "match_depth", 0, -1, 10_000);
    boolean hierarchy = request.parameter("keep_hierarchy").orElse("").equals("true");
    int ancestors =
        Parameters.integer(request::parameter, "ancestor_depth", hierarchy ? -1 : 0, -1, 10_000);
    Optional<String> query = request.parameter("q");
    if (query.isEmpty()) {
      return Optional.empty();
    }
    boolean filter =
        TempoApi.parse(query.get(), config) instanceof TraceQuery.Search search
            && search.pipeline().stages().size() == 1
            && search.pipeline().stages().getFirst() instanceof Pipeline.Filter;
    if (!filter || !(TempoApi.parse(query.get(), config) instanceof TraceQuery.Search search)) {
      throw new InvalidRequestException("invalid q: one spanset filter is wanted");
    }
    return Optional.of(
        new Selection(
            search.pipeline(),
            depth < 0 ? Integer.MAX_VALUE : depth,
            ancestors < 0 ? Integer.MAX_VALUE : ancestors));
  }
}
