package io.trilith.promql;

import io.trilith.engine.QueryBudget;
import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.Expr;
import io.trilith.storage.error.LimitExceededException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Vectors that a query names more than once. The first time one is streamed its series are kept, if
 * they fit half of what the query may still hold; from then on they are given from there. Confined
 * to one thread.
 */
final class SharedVectors {
  private final Evaluator evaluator;
  private final Map<Key, Kept> vectors = new HashMap<>();

  private record Key(int number, StepGrid grid) {}

  private final class Kept {
    private final Expr expr;
    private final List<Series> series = new ArrayList<>();
    private final List<Note> notes = new ArrayList<>();
    private final long roomMax;
    private long bytes;
    private boolean complete;
    private boolean tooLarge;

    Kept(Expr expr, long roomMax) {
      this.expr = expr;
      this.roomMax = roomMax;
    }

    void add(Series given) {
      if (tooLarge) {
        return;
      }
      long more = Series.bytes(given.steps()) + given.histogramBytes();
      if (bytes + more > roomMax) {
        release();
        tooLarge = true;
        return;
      }
      try {
        evaluator.retain(more);
      } catch (LimitExceededException e) {
        // Other queries hold the rest: this one can do without.
        release();
        tooLarge = true;
        return;
      }
      bytes += more;
      series.add(given.copy());
    }

    void release() {
      evaluator.release(bytes);
      bytes = 0;
      series.clear();
    }
  }

  /** Annotations of a part while it is evaluated, without those of what takes its series. */
  private static final class Recording implements Notes {
    private final List<Note> notes;
    private int paused;

    Recording(List<Note> notes) {
      this.notes = notes;
    }

    @Override
    public void warn(String text, int position) {
      add(new Note(true, text, position));
    }

    @Override
    public void info(String text, int position) {
      add(new Note(false, text, position));
    }

    private void add(Note note) {
      if (paused == 0 && !notes.contains(note)) {
        notes.add(note);
      }
    }
  }

  SharedVectors(Evaluator evaluator) {
    this.evaluator = evaluator;
  }

  /** Gives the series of a vector that has the number wherever it stands. */
  void stream(Expr expr, int number, StepGrid grid, SeriesSink sink) {
    Key key = new Key(number, grid);
    Kept kept = vectors.get(key);
    if (kept == null) {
      QueryBudget budget = evaluator.context().budget();
      kept = new Kept(expr, budget.room() / 2);
      vectors.put(key, kept);
      record(kept, grid, sink);
    } else if (kept.complete) {
      replay(kept, expr, sink);
    } else {
      evaluator.streamAnew(expr, grid, sink);
    }
  }

  private void record(Kept kept, StepGrid grid, SeriesSink sink) {
    Recording recording = new Recording(kept.notes);
    evaluator.listen(recording);
    try {
      evaluator.streamAnew(
          kept.expr,
          grid,
          series -> {
            kept.add(series);
            recording.paused++;
            sink.accept(series);
            recording.paused--;
          });
    } finally {
      evaluator.unlisten(recording);
    }
    kept.complete = !kept.tooLarge;
  }

  private void replay(Kept kept, Expr expr, SeriesSink sink) {
    Map<Integer, Integer> places = Structure.positions(kept.expr, expr);
    for (Note note : kept.notes) {
      @Nullable Integer there = places.get(note.position());
      new Note(note.warning(), note.text(), there == null ? expr.position() : there)
          .tell(evaluator);
    }
    for (int i = 0; i < kept.series.size(); i++) {
      if ((i & 255) == 0) {
        evaluator.context().check();
      }
      sink.accept(kept.series.get(i));
    }
  }
}
