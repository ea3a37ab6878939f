package io.trilith.query.tempo;

import io.trilith.config.TraceQueryConfig;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.TenantId;
import io.trilith.traceql.ast.Pipeline;
import io.trilith.traceql.ast.TraceQuery;
import io.trilith.traceql.eval.PipelineRun;
import io.trilith.traceql.eval.TraceView;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanReader;
import io.trilith.tracestore.Trace;
import io.trilith.tracestore.TraceId;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The endpoints of one trace by its id. Thread-safe. */
final class TraceApi {
  private static final String PROTOBUF = "application/protobuf";

  private final Function<TenantId, SpanReader> readers;
  private final TraceQueryConfig config;

  TraceApi(Function<TenantId, SpanReader> readers, TraceQueryConfig config) {
    this.readers = readers;
    this.config = config;
  }

  private @Nullable Trace find(HttpRequest request) {
    TraceId id = TraceId.parse(request.pathVariable("id"));
    Parameters.Range _ = Parameters.optionalRange(request);
    return readers.apply(request.tenant()).trace(id, config.traceSpansMax());
  }

  private static boolean wantsProtobuf(HttpRequest request) {
    return request.header("accept").orElse("").contains(PROTOBUF);
  }

  HttpAnswer v1(HttpRequest request) {
    Trace trace = find(request);
    if (trace == null) {
      return HttpAnswer.empty(404);
    }
    if (wantsProtobuf(request)) {
      return HttpAnswer.bytes(200, PROTOBUF, TraceProto.trace(trace.spans()).toBytes());
    }
    JsonText out = new JsonText().open('{').key("batches");
    TraceJson.resourceSpans(trace.spans(), out);
    return HttpAnswer.json(200, out.close('}').toString());
  }

  HttpAnswer v2(HttpRequest request) {
    Optional<Selection> selection = selection(request);
    Trace trace = find(request);
    List<Span> spans = trace == null ? List.of() : trace.spans();
    boolean partial = spans.size() >= config.traceSpansMax();
    if (trace != null && selection.isPresent()) {
      spans = selection.get().of(new TraceView(trace));
    }
    String message =
        "the trace has more than trace-query.trace-spans-max = "
            + config.traceSpansMax()
            + " spans; the rest is left out";
    if (wantsProtobuf(request)) {
      ProtoText out =
          new ProtoText().message(1, TraceProto.trace(spans)).message(2, new ProtoText());
      return HttpAnswer.bytes(
          200, PROTOBUF, (partial ? out.varint(3, 1).text(4, message) : out).toBytes());
    }
    JsonText out = new JsonText().open('{').key("trace").open('{');
    if (!spans.isEmpty()) {
      TraceJson.resourceSpans(spans, out.key("resourceSpans"));
    }
    out.close('}').key("metrics").open('{').close('}');
    if (partial) {
      out.field("status", "PARTIAL").field("message", message);
    }
    return HttpAnswer.json(200, out.close('}').toString());
  }

  /**
   * A part of a trace.
   *
   * @param depth levels below a match that are kept too
   * @param ancestors levels above
   */
  private record Selection(Pipeline filter, int depth, int ancestors) {
    List<Span> of(TraceView trace) {
      BitSet kept = new BitSet(trace.size());
      PipelineRun.run(filter, trace).forEach(set -> kept.or(set.spans()));
      int[] levels = new int[trace.size()];
      BitSet above = new BitSet(trace.size());
      for (int i = 0; i < trace.size(); i++) {
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
    int depth = Parameters.integer(request, "match_depth", 0, -1, 10_000);
    int ancestors = Parameters.integer(request, "ancestor_depth", 0, -1, 10_000);
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
