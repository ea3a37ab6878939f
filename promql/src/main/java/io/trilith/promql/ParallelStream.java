package io.trilith.promql;

import io.trilith.engine.QueryBudget;
import io.trilith.engine.QueryWorkers;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs pipelines, large ones in chunks that other threads make ahead. Series reach the sink in
 * their order and on the query's thread whoever made them, so that no answer depends on how many
 * cores there are. Confined to one thread.
 */
final class ParallelStream {
  /** Values of a chunk; a few of these wait at a time. */
  private static final long CHUNK_BYTES = 256 << 10;

  private static final int CHUNK_SERIES_MAX = 256;

  /** What reading a series costs, in values made of it. */
  private static final long STEPS_OF_SERIES = 48;

  /** Chunks for each thread, so that none has to wait long for the last of another. */
  private static final int CHUNKS_EACH = 4;

  private final Evaluator evaluator;
  private final QueryWorkers workers;

  ParallelStream(Evaluator evaluator, QueryWorkers workers) {
    this.evaluator = evaluator;
    this.workers = workers;
  }

  /** Whether others help with this many series of this many steps. */
  static boolean helps(QueryWorkers workers, int series, int steps) {
    return workers.helpersMax() > 0 && series * (steps + STEPS_OF_SERIES) >= workers.workMin();
  }

  void run(Pipeline pipeline, SeriesSink sink) {
    int size = pipeline.source().size();
    if (!helps(workers, size, pipeline.steps())) {
      pipeline.run(0, size, Lane.direct(evaluator), sink);
      return;
    }
    long bytes = Series.bytes(pipeline.steps());
    int threads = workers.helpersMax() + 1;
    long share = Math.min(CHUNK_BYTES / bytes, size / (CHUNKS_EACH * threads));
    int chunk = Math.clamp(share, 1, CHUNK_SERIES_MAX);
    int window = 2 * threads;
    QueryBudget budget = evaluator.context().budget();
    long ahead = bytes * window * chunk;
    if (ahead > budget.room() / 4) {
      pipeline.run(0, size, Lane.direct(evaluator), sink);
      return;
    }
    evaluator.retain(ahead);
    try {
      new OrderedChunks<>(
              evaluator,
              workers,
              Math.ceilDiv(size, chunk),
              window,
              new Copies(pipeline, chunk, sink))
          .run();
    } finally {
      evaluator.release(ahead);
    }
  }

  /** Makes copies of what comes through a pipeline. */
  private record Copies(Pipeline pipeline, int chunk, SeriesSink sink)
      implements OrderedChunks.Work<List<Series>> {
    private int from(int number) {
      return number * chunk;
    }

    private int to(int number) {
      return Math.min(from(number) + chunk, pipeline.source().size());
    }

    @Override
    public List<Series> make(int number, Lane lane) {
      List<Series> made = new ArrayList<>(chunk);
      pipeline.run(from(number), to(number), lane, series -> made.add(series.copy()));
      return made;
    }

    @Override
    public void take(List<Series> made) {
      made.forEach(sink::accept);
    }

    @Override
    public void pass(int number, Lane lane) {
      pipeline.run(from(number), to(number), lane, sink);
    }
  }
}
