package io.trilith.query.tempo;

import io.trilith.engine.Annotations;
import io.trilith.engine.QueryBudget;
import io.trilith.engine.QueryContext;
import io.trilith.engine.QueryInterruptedException;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpHandler;
import io.trilith.net.HttpRequest;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.TenantId;
import io.trilith.tracestore.SpanReader;
import java.io.IOException;
import java.time.InstantSource;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** Runs what reads traces within the limits of time, memory and concurrency. Thread-safe. */
final class TempoQueries {
  private final Function<TenantId, SpanReader> readers;
  private final InstantSource clock;
  private final TempoLimits limits;
  private final Semaphore running;

  TempoQueries(Function<TenantId, SpanReader> readers, InstantSource clock, TempoLimits limits) {
    this.readers = readers;
    this.clock = clock;
    this.limits = limits;
    this.running = new Semaphore(limits.concurrencyMax(), true);
  }

  /** The evaluation of a query. */
  @FunctionalInterface
  interface Evaluation<T> {
    T apply(SpanReader reader, QueryContext context) throws IOException;
  }

  /**
   * Evaluates up to the text of the answer; what that holds is given back once it is sent. The
   * request is warned of what lacks.
   */
  HttpAnswer run(HttpRequest request, Evaluation<HttpAnswer> evaluation)
      throws IOException, InterruptedException {
    QueryBudget budget = budget();
    request.onEnd(budget::close);
    return run(
        request.tenant(),
        request::cancelled,
        budget,
        (reader, context) -> {
          HttpAnswer answer = evaluation.apply(reader, context);
          reader.warnings().forEach(request::warn);
          return answer;
        });
  }

  /** An evaluation that sends its answer itself. */
  @FunctionalInterface
  interface Stream {
    void run(SpanReader reader, QueryContext context) throws IOException;
  }

  /** Evaluates and sends. */
  void stream(TenantId tenant, BooleanSupplier cancelled, Stream stream)
      throws IOException, InterruptedException {
    try (QueryBudget budget = budget()) {
      run(
          tenant,
          cancelled,
          budget,
          (reader, context) -> {
            stream.run(reader, context);
            return true;
          });
    }
  }

  private QueryBudget budget() {
    return new QueryBudget(Long.MAX_VALUE, Long.MAX_VALUE, limits.bytesMax(), limits.memory());
  }

  private <T> T run(
      TenantId tenant, BooleanSupplier cancelled, QueryBudget budget, Evaluation<T> evaluation)
      throws IOException, InterruptedException {
    QueryContext context =
        new QueryContext(
            budget, new Annotations(), clock, clock.instant().plus(limits.timeout()), cancelled);
    if (!running.tryAcquire(limits.timeout().toMillis(), TimeUnit.MILLISECONDS)) {
      throw LimitExceededException.busy(
          "too many queries at once (query.concurrency-max = " + limits.concurrencyMax() + ")");
    }
    try (SpanReader reader = readers.apply(tenant)) {
      context.check();
      return evaluation.apply(reader, context);
    } finally {
      running.release();
    }
  }

  /** A handler whose limits and timeouts become what Grafana shows. */
  static HttpHandler guard(HttpHandler handler) {
    return request -> {
      try {
        return handler.handle(request);
      } catch (LimitExceededException e) {
        return error(e.retryable() ? 503 : 422, e);
      } catch (QueryInterruptedException | StorageException.Unavailable e) {
        return error(503, e);
      }
    };
  }

  private static HttpAnswer error(int status, RuntimeException cause) {
    return HttpAnswer.text(status, String.valueOf(cause.getMessage()));
  }
}
