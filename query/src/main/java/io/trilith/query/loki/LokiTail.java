package io.trilith.query.loki;

import io.trilith.engine.Admission;
import io.trilith.logql.LogqlEngine;
import io.trilith.logql.LogqlEngine.LogOptions;
import io.trilith.logql.LogqlResult;
import io.trilith.logql.ast.Expr;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.net.WebSocket;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.text.GoNumber;
import java.io.IOException;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/**
 * Tails over WebSocket: the newest entries there are, then those that come. What is wrong with a
 * query is said by closing the socket, as a browser shows nothing else. Thread-safe.
 */
final class LokiTail {
  private static final int DELAY_SECONDS_MAX = 5;
  private static final long WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private final LokiQueries queries;
  private final LogqlEngine engine;
  private final LogTail tail;
  private final InstantSource clock;
  private final LokiLimits limits;

  LokiTail(
      LokiQueries queries,
      LogqlEngine engine,
      LogTail tail,
      InstantSource clock,
      LokiLimits limits) {
    this.queries = queries;
    this.engine = engine;
    this.tail = tail;
    this.clock = clock;
    this.limits = limits;
  }

  HttpAnswer tail(HttpRequest request) {
    return new HttpAnswer.Upgrade(socket -> serve(request, socket, false));
  }

  /** In the form of the first API. */
  HttpAnswer legacyTail(HttpRequest request) {
    return new HttpAnswer.Upgrade(socket -> serve(request, socket, true));
  }

  private void serve(HttpRequest request, WebSocket socket, boolean legacy)
      throws IOException, InterruptedException {
    Expr expr = engine.parser().parse(LokiParameters.query(request));
    if (!(expr instanceof Expr.Logs asked)) {
      throw new InvalidRequestException("a metric query cannot be tailed; give a log query");
    }
    Expr.Logs logs = legacy ? LokiLegacy.query(request, asked) : asked;
    int limit =
        Math.min(
            LokiParameters.limit(request, "limit", limits.entriesDefault()), limits.entriesMax());
    long delay = TimeUnit.SECONDS.toNanos(delaySeconds(request));
    long now = LokiParameters.now(clock);
    long start = LokiParameters.time(request, "start", now - LokiQueries.HOUR);
    try (LogTail.Follower follower = tail.follow(request.tenant(), logs.matchers())) {
      int own = queries.limits(request).tailsMax();
      int most = own == 0 ? limits.tailsMax() : Math.min(own, limits.tailsMax());
      if (tail.following(request.tenant()) > most) {
        throw LimitExceededException.fixed(
            "max concurrent tail requests limit exceeded, count > limit ("
                + tail.following(request.tenant())
                + " > "
                + most
                + ") (log-query.tails-max, max_concurrent_tail_requests)");
      }
      TailFrames frames = new TailFrames(logs.stages(), socket, legacy);
      // What history showed is held until no news can be in it any more.
      try (Admission.Turn turn = queries.enter(request)) {
        if (start < now) {
          LogOptions options = new LogOptions(start, now + 1, Direction.BACKWARD, limit, 0, false);
          LogqlResult.Answer answer =
              queries.run(
                  request, (reader, context) -> engine.logs(logs, options, reader, context), turn);
          if (answer.result() instanceof LogqlResult.Streams(var streams)) {
            frames.history(streams);
          }
        }
        turn.evaluated();
        follow(follower, frames, delay, socket, turn);
      }
    }
  }

  private static void follow(
      LogTail.Follower follower,
      TailFrames frames,
      long delay,
      WebSocket socket,
      Admission.Turn history)
      throws IOException, InterruptedException {
    long beganLive = System.nanoTime();
    boolean overlapping = true;
    while (socket.isOpen()) {
      LogTail.News news = follower.take(delay, TailFrames.ENTRIES_MAX, WAIT_NANOS);
      frames.send(news);
      boolean later =
          !news.entries().isEmpty() && news.entries().getLast().arrival() - beganLive > 0;
      if (overlapping && later) {
        overlapping = false;
        frames.forgetHistory();
        history.close();
      }
    }
  }

  private static int delaySeconds(HttpRequest request) {
    String text = request.parameter("delay_for").orElse("0");
    long seconds = GoNumber.whole(text).orElse(-1);
    if (seconds >= 0 && seconds <= DELAY_SECONDS_MAX) {
      return (int) seconds;
    }
    throw new InvalidRequestException(
        "delay_for must be a whole number of seconds from 0 to " + DELAY_SECONDS_MAX);
  }
}
