package io.trilith.query.loki;

import io.trilith.logql.PatternSource;
import io.trilith.logql.ast.Expr;
import io.trilith.logql.parser.QueryParser;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.query.loki.LokiParameters.Span;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/** The shapes of lines. Thread-safe. */
final class LokiPatterns {
  private static final long SECOND = 1_000_000_000L;

  private final LokiQueries queries;
  private final QueryParser parser;
  private final PatternSource source;
  private final InstantSource clock;

  LokiPatterns(LokiQueries queries, QueryParser parser, PatternSource source, InstantSource clock) {
    this.queries = queries;
    this.parser = parser;
    this.source = source;
    this.clock = clock;
  }

  HttpAnswer patterns(HttpRequest request) throws InterruptedException {
    Span span = LokiParameters.span(request, clock, LokiQueries.HOUR);
    // Times are told in seconds.
    long step = Math.ceilDiv(LokiParameters.step(request, span), SECOND) * SECOND;
    queries.checkRange(request, span);
    queries.checkPoints(span, step);
    Expr.Logs logs = parser.parseLogs(LokiParameters.query(request));
    List<PatternSource.Pattern> patterns =
        queries.run(
            request,
            (reader, context) ->
                source.patterns(logs, span.start(), span.end(), step, reader, context));
    return LokiEnvelope.success(
        request,
        json -> {
          json.beginArray();
          for (PatternSource.Pattern pattern : patterns) {
            json.beginObject().name("pattern").value(pattern.pattern());
            if (!pattern.level().isEmpty()) {
              json.name("level").value(pattern.level());
            }
            json.name("samples").beginArray();
            for (Map.Entry<Long, Long> count : pattern.counts().entrySet()) {
              json.beginArray().value(count.getKey() / SECOND).value(count.getValue()).endArray();
            }
            json.endArray().endObject();
          }
          json.endArray();
        });
  }
}
