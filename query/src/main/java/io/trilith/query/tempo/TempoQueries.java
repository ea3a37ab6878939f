package io.trilith.query.tempo;

import io.trilith.engine.Admission;
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
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** Runs what reads traces within the limits of time, memory and concurrency. Thread-safe. */
final class TempoQueries {
  private final Function<TenantId, SpanReader> readers;
  private final Admission admission;

  TempoQueries(Function<TenantId, SpanReader> readers, Admission admission) {
    this.readers = readers;
    this.admission = admission;
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
    Admission.Turn turn = admission.enter(request.tenant(), request.path(), request::cancelled);
    request.onEnd(turn::close);
    try (SpanReader reader = readers.apply(request.tenant())) {
      turn.context().check();
      HttpAnswer answer = evaluation.apply(reader, turn.context());
      reader.warnings().forEach(request::warn);
      return answer;
    } finally {
      turn.evaluated();
    }
  }

  /** An evaluation that sends its answer itself. */
  @FunctionalInterface
  interface Stream {
    void run(SpanReader reader, QueryContext context) throws IOException;
  }

  /** Evaluates and sends. */
  void stream(TenantId tenant, BooleanSupplier cancelled, Stream stream)
      throws IOException, InterruptedException {
    try (Admission.Turn turn = admission.enter(tenant, "a stream of gRPC", cancelled);
        SpanReader reader = readers.apply(tenant)) {
      turn.context().check();
      stream.run(reader, turn.context());
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
