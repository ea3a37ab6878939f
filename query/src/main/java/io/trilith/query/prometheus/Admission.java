package io.trilith.query.prometheus;

import io.trilith.engine.Annotations;
import io.trilith.engine.QueryBudget;
import io.trilith.engine.QueryContext;
import io.trilith.net.HttpRequest;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.model.TenantId;
import io.trilith.tsdb.SeriesReader;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Lets so many questions run at once, each with its budget and deadline. Thread-safe. */
final class Admission {
  private final Function<TenantId, SeriesReader> readers;
  private final InstantSource clock;
  private final QueryLimits limits;
  private final Semaphore running;

  Admission(Function<TenantId, SeriesReader> readers, InstantSource clock, QueryLimits limits) {
    this.readers = readers;
    this.clock = clock;
    this.limits = limits;
    this.running = new Semaphore(limits.concurrencyMax(), true);
  }

  QueryLimits limits() {
    return limits;
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
    Duration timeout = limits.timeout();
    String asked = request.parameter("timeout").orElse("");
    if (!asked.isEmpty()) {
      Duration wanted = Duration.ofMillis(QueryParameters.duration("timeout", asked));
      timeout = wanted.compareTo(timeout) < 0 ? wanted : timeout;
    }
    Instant begin = clock.instant();
    QueryBudget budget =
        new QueryBudget(
            limits.samplesMax(), limits.seriesMax(), limits.bytesMax(), limits.memory());
    request.onEnd(budget::close);
    QueryContext context =
        new QueryContext(budget, new Annotations(), clock, begin.plus(timeout), request::cancelled);
    if (!running.tryAcquire(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
      throw LimitExceededException.busy(
          "too many queries at once (query.concurrency-max = " + limits.concurrencyMax() + ")");
    }
    try (SeriesReader reader = readers.apply(request.tenant())) {
      T answer = question.answer(reader, context);
      reader.warnings().forEach(request::warn);
      return answer;
    } finally {
      running.release();
    }
  }
}
