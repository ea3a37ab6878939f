package io.trilith.query.tempo;

import io.trilith.config.TraceQueryConfig;
import io.trilith.net.GrpcStreamHandler;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.TenantId;
import io.trilith.traceql.ast.ComparisonOperator;
import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Intrinsic;
import io.trilith.traceql.ast.Pipeline;
import io.trilith.traceql.ast.Static;
import io.trilith.traceql.ast.TraceQuery;
import io.trilith.traceql.eval.TraceSearch;
import io.trilith.tracestore.SpanReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Search by TraceQL or by the older tags. Thread-safe. */
final class SearchApi {
  private final TempoQueries queries;
  private final TraceQueryConfig config;

  SearchApi(TempoQueries queries, TraceQueryConfig config) {
    this.queries = queries;
    this.config = config;
  }

  /** What a search of HTTP or gRPC asks for. */
  TraceSearch.Request request(Question request) {
    Parameters.Range range = Parameters.optionalRange(request);
    boolean everything = range.end() == Long.MAX_VALUE;
    if (!everything
        && request.parameter("start").isPresent()
        && request.parameter("end").isPresent()) {
      Parameters.checkLength(
          range, config.searchRangeMax(), "range specified by start and end exceeds ");
    }
    int limit = Parameters.integer(request, "limit", config.limitDefault(), 1, config.limitMax());
    int spans =
        Parameters.integer(
            request, "spss", config.spansPerSetDefault(), 0, config.spansPerSetMax());
    return new TraceSearch.Request(
        pipeline(request),
        range.start(),
        range.end(),
        limit,
        spans == 0 ? config.spansPerSetMax() : spans,
        config.traceSpansMax(),
        config.spansExaminedMax(),
        order(request));
  }

  /** As the hint order_by says. */
  private SpanReader.Order order(Question request) {
    Optional<String> query = request.parameter("q");
    Static by =
        query.isEmpty() ? null : TempoApi.parse(query.get(), config).hints().get("order_by");
    if (by == null) {
      return SpanReader.Order.NEWEST;
    }
    String text = by instanceof Static.Text name ? name.value() : "";
    return switch (text) {
      case "start" -> SpanReader.Order.NEWEST;
      case "duration" -> SpanReader.Order.SLOWEST;
      default ->
          throw new InvalidRequestException(
              "invalid TraceQL query: order_by is duration, for the slowest first, or start, for"
                  + " the newest");
    };
  }

  HttpAnswer answer(HttpRequest request) throws IOException, InterruptedException {
    TraceSearch.Request wanted = request(request::parameter);
    boolean grafana =
        request.header("user-agent").orElse("").startsWith("Grafana")
            || request.header("x-grafana-org-id").isPresent();
    return queries.run(
        request,
        (reader, context) -> {
          TraceSearch.Result result = TraceSearch.run(reader, wanted, context);
          FoundAttributes attributes = new FoundAttributes(result, grafana);
          return SearchJson.of(result, attributes, context.budget());
        });
  }

  /** Emits the newest traces first, in messages of a size that clients take. */
  void stream(TenantId tenant, Question question, GrpcStreamHandler.Emitter out)
      throws IOException, InterruptedException {
    TraceSearch.Request wanted = request(question);
    queries.stream(
        tenant,
        out::cancelled,
        (reader, context) -> {
          out.emit(SearchProto.begun());
          SearchProto.emit(TraceSearch.run(reader, wanted, context), context.budget(), out);
        });
  }

  private Pipeline pipeline(Question request) {
    Optional<String> query = request.parameter("q");
    Optional<String> tagList = request.parameter("tags");
    if (query.isPresent() && tagList.isPresent()) {
      throw new InvalidRequestException(
          "invalid request: can't specify tags and q in the same query");
    }
    List<Pipeline.Stage> stages = new ArrayList<>();
    Optional<Long> min = duration(request, "minDuration");
    Optional<Long> max = duration(request, "maxDuration");
    if (min.isPresent() && max.isPresent() && max.get() <= min.get()) {
      throw new InvalidRequestException("invalid maxDuration: must be greater than minDuration");
    }
    if (query.isPresent()) {
      switch (TempoApi.parse(query.get(), config)) {
        case TraceQuery.Search search -> stages.addAll(search.pipeline().stages());
        case TraceQuery.Series _ ->
            throw new InvalidRequestException(
                "invalid TraceQL query: a metrics query; ask /api/metrics/query_range");
      }
    } else {
      stages.add(new Pipeline.Filter(LegacyTags.condition(tagList.orElse(""))));
    }
    min.ifPresent(nanos -> stages.add(traceDuration(ComparisonOperator.GREATER_EQUAL, nanos)));
    max.ifPresent(nanos -> stages.add(traceDuration(ComparisonOperator.LESS_EQUAL, nanos)));
    return new Pipeline(stages);
  }

  private static Pipeline.Filter traceDuration(ComparisonOperator operator, long nanos) {
    return new Pipeline.Filter(
        new Expression.Comparison(
            operator,
            new Expression.IntrinsicField(Intrinsic.TRACE_DURATION),
            new Expression.Literal(new Static.Duration(nanos))));
  }

  private static Optional<Long> duration(Question request, String name) {
    return request.parameter(name).map(text -> Parameters.duration(name, text));
  }
}
