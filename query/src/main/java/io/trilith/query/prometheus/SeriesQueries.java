package io.trilith.query.prometheus;

import io.trilith.engine.Admission;
import io.trilith.engine.QueryContext;
import io.trilith.net.HttpRequest;
import io.trilith.storage.model.TenantId;
import io.trilith.tsdb.SeriesReader;
import java.time.Duration;
import java.util.function.Function;

/** Runs what reads metrics within the limits of time, memory and concurrency. Thread-safe. */
final class SeriesQueries {
  private final Function<TenantId, SeriesReader> readers;
  private final Admission admission;

  SeriesQueries(Function<TenantId, SeriesReader> readers, Admission admission) {
    this.readers = readers;
    this.admission = admission;
  }

  /** Throws InvalidRequestException when a query is longer than its tenant's may be. */
  void checkLength(TenantId tenant, Duration length) {
    admission.of(tenant).checkLength(tenant, length);
  }

  /** What reads under a budget and a deadline. */
  @FunctionalInterface
  interface Question<T> {
    T answer(SeriesReader reader, QueryContext context);
  }

  /**
   * Waits for its turn and asks; the request is warned of what lacks. The budget is given back when
   * the request ends, so that what a slow client has not read yet stays counted.
   */
  <T> T ask(HttpRequest request, Question<T> question) throws InterruptedException {
    Duration timeout = admission.limits().timeout();
    String asked = request.parameter("timeout").orElse("");
    if (!asked.isEmpty()) {
      Duration wanted = Duration.ofMillis(QueryParameters.duration("timeout", asked));
      timeout = wanted.compareTo(timeout) < 0 ? wanted : timeout;
    }
    Admission.Turn turn =
        admission.enter(request.tenant(), request.path(), timeout, request::cancelled);
    request.onEnd(turn::close);
    try (SeriesReader reader = readers.apply(request.tenant())) {
      T answer = question.answer(reader, turn.context());
      reader.warnings().forEach(request::warn);
      return answer;
    } finally {
      turn.evaluated();
    }
  }
}
