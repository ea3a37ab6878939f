package io.trilith.query.loki;

import io.trilith.engine.Admission;
import io.trilith.engine.QueryContext;
import io.trilith.engine.TenantQueries;
import io.trilith.logql.LogqlEngine;
import io.trilith.logql.LogqlEngine.LogOptions;
import io.trilith.logql.LogqlResult;
import io.trilith.logql.ast.Expr;
import io.trilith.logstore.StreamReader;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.query.json.JsonWriter;
import io.trilith.query.loki.LokiParameters.Span;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Function;

/** The endpoints that evaluate queries. Thread-safe. */
final class LokiQueries {
  static final long HOUR = 3_600_000_000_000L;
  private static final int SKIP_MAX = 1 << 30;

  private final Function<TenantId, StreamReader> readers;
  private final LogqlEngine engine;
  private final InstantSource clock;
  private final LokiLimits limits;
  private final Admission admission;

  LokiQueries(
      Function<TenantId, StreamReader> readers,
      LogqlEngine engine,
      InstantSource clock,
      Admission admission,
      LokiLimits limits) {
    this.readers = readers;
    this.engine = engine;
    this.clock = clock;
    this.limits = limits;
    this.admission = admission;
  }

  HttpAnswer instant(HttpRequest request) throws InterruptedException {
    Expr expr = engine.parser().parse(LokiParameters.query(request));
    long time = LokiParameters.time(request, "time", LokiParameters.now(clock));
    LokiParameters.direction(request);
    LokiParameters.limit(request, "limit", limits.entriesDefault());
    if (!(expr instanceof Expr.Metric metric)) {
      throw new InvalidRequestException(
          "log queries are not supported as an instant query type, please change your query to a"
              + " range query type");
    }
    return answer(
        request, (reader, context) -> engine.instant(metric, time, reader, context), false);
  }

  HttpAnswer range(HttpRequest request) throws InterruptedException {
    Span span = LokiParameters.span(request, clock, HOUR);
    int limit = LokiParameters.limit(request, "limit", limits.entriesDefault());
    long step = LokiParameters.step(request, span);
    long interval = LokiParameters.interval(request);
    var direction = LokiParameters.direction(request);
    checkRange(request, span);
    return switch (engine.parser().parse(LokiParameters.query(request))) {
      case Expr.Metric metric -> {
        checkPoints(span, step);
        yield answer(
            request,
            (reader, context) ->
                engine.range(metric, span.start(), span.end(), step, reader, context),
            false);
      }
      case Expr.Logs logs -> {
        if (limit > limits.entriesMax()) {
          throw new InvalidRequestException(
              "max entries limit per query exceeded, limit > max_entries_limit_per_query ("
                  + limit
                  + " > "
                  + limits.entriesMax()
                  + ")");
        }
        boolean categorize = categorizes(request);
        LogOptions options =
            new LogOptions(
                span.start(), span.end(), direction, limit, interval, categorize, skip(request));
        yield answer(
            request, (reader, context) -> engine.logs(logs, options, reader, context), categorize);
      }
    };
  }

  /** As a range query for logs, answered in the form of the first API. */
  HttpAnswer legacy(HttpRequest request) throws InterruptedException {
    Span span = LokiParameters.span(request, clock, HOUR);
    int limit =
        Math.min(
            LokiParameters.limit(request, "limit", limits.entriesDefault()), limits.entriesMax());
    checkRange(request, span);
    Expr.Logs logs =
        LokiLegacy.query(request, engine.parser().parse(LokiParameters.query(request)));
    LogOptions options =
        new LogOptions(
            span.start(), span.end(), LokiParameters.direction(request), limit, 0, false);
    LogqlResult.Answer answer =
        run(request, (reader, context) -> engine.logs(logs, options, reader, context));
    return LokiEnvelope.json(
        json -> {
          json.beginObject().name("streams");
          if (answer.result() instanceof LogqlResult.Streams(var streams)) {
            LokiLegacy.streams(json, streams);
          }
          json.endObject();
        });
  }

  /** Not of Loki: how many of the first entries the client has already. */
  private static int skip(HttpRequest request) {
    return request.parameter("skip").isEmpty()
        ? 0
        : Math.min(LokiParameters.limit(request, "skip", 0), SKIP_MAX);
  }

  /** What the tenant's queries may ask for beside what all may. */
  TenantQueries limits(HttpRequest request) {
    return admission.of(request.tenant());
  }

  /** Throws InvalidRequestException when a query is longer than all, or its tenant's, may be. */
  void checkRange(HttpRequest request, Span span) {
    limits(request)
        .checkLength(request.tenant(), Duration.ofNanos(span.end()).minusNanos(span.start()));
    if (!limits.rangeMax().isZero() && span.end() - span.start() > limits.rangeMax().toNanos()) {
      throw new InvalidRequestException(
          "the query time range exceeds the limit (query length: "
              + Duration.ofNanos(span.end() - span.start())
              + ", limit: "
              + limits.rangeMax()
              + ")");
    }
  }

  void checkPoints(Span span, long step) {
    // Halves, so that no difference of two times overflows.
    if ((span.end() / 2 - span.start() / 2) / step > limits.pointsMax() / 2) {
      throw new InvalidRequestException(
          "exceeded maximum resolution of "
              + limits.pointsMax()
              + " points per time series. Try increasing the value of the step parameter");
    }
  }

  private static boolean categorizes(HttpRequest request) {
    return request
        .header("x-loki-response-encoding-flags")
        .orElse("")
        .contains("categorize-labels");
  }

  /** The evaluation of a query. */
  @FunctionalInterface
  interface Evaluation<T> {
    T apply(StreamReader reader, QueryContext context);
  }

  private HttpAnswer answer(
      HttpRequest request, Evaluation<LogqlResult.Answer> evaluation, boolean categorize)
      throws InterruptedException {
    Instant begin = clock.instant();
    LogqlResult.Answer answer = run(request, evaluation);
    double seconds = Duration.between(begin, clock.instant()).toNanos() / 1e9;
    return HttpAnswer.json(
        200,
        out -> {
          JsonWriter json = new JsonWriter(out);
          new LokiResultWriter(json, categorize).write(answer, request.warnings(), seconds);
          json.flush();
        });
  }

  /** Evaluates within the limits of time, memory and concurrency. */
  <T> T run(HttpRequest request, Evaluation<T> evaluation) throws InterruptedException {
    Admission.Turn turn = admission.enter(request.tenant(), request.path(), request::cancelled);
    request.onEnd(turn::close);
    return run(request, evaluation, turn);
  }

  /** A turn of a request that goes on when the result has been used; to be closed. */
  Admission.Turn enter(HttpRequest request) throws InterruptedException {
    return admission.enter(request.tenant(), request.path(), request::cancelled);
  }

  /** As above, within a turn. */
  <T> T run(HttpRequest request, Evaluation<T> evaluation, Admission.Turn turn) {
    try (StreamReader reader = readers.apply(request.tenant())) {
      T answer = evaluation.apply(reader, turn.context());
      reader.warnings().forEach(request::warn);
      return answer;
    } finally {
      turn.evaluated();
    }
  }
}
