package io.trilith.logql;

import io.trilith.engine.QueryContext;
import io.trilith.engine.QueryInterruptedException;
import io.trilith.engine.QueryWorkers;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Numbered parts of a query that several threads make and one takes in order, so that the answer
 * does not depend on how many threads there are. The taking thread makes parts too: all ends even
 * when nobody helps.
 */
final class OrderedTasks<T> {
  /** How a part is made and taken. */
  interface Work<T> {
    /** Makes a part, on any thread. The context ends soon after nobody wants the part any more. */
    T make(int part, QueryContext context);

    /** Takes a part, on the query's thread and in order; false when no more is wanted. */
    boolean take(T made);
  }

  private final QueryWorkers workers;
  private final Work<T> work;
  private final int count;
  private final int ahead;
  private final QueryContext context;
  private final AtomicReferenceArray<@Nullable FutureTask<T>> tasks;
  private int next;
  private int taken;
  private int helpers;
  private volatile boolean closed;

  OrderedTasks(QueryWorkers workers, int count, QueryContext context, Work<T> work) {
    this.workers = workers;
    this.work = work;
    this.count = count;
    this.ahead = 2 * (workers.helpersMax() + 1);
    this.tasks = new AtomicReferenceArray<>(count);
    this.context =
        new QueryContext(
            context.budget(),
            context.annotations(),
            context.clock(),
            context.deadline(),
            () -> closed || context.cancelled().getAsBoolean());
  }

  /** When it ends, however it does, nobody works on parts any more. */
  void run() {
    try {
      boolean more = true;
      for (int part = 0; part < count && more; part++) {
        call();
        more = work.take(await(part));
        tasks.set(part, null);
        advance();
      }
    } finally {
      close();
    }
  }

  private synchronized void advance() {
    taken++;
  }

  private synchronized int claim() {
    if (closed || next >= Math.min(count, taken + ahead)) {
      return -1;
    }
    int part = next++;
    tasks.set(part, new FutureTask<>(() -> work.make(part, context)));
    return part;
  }

  /** The part, made by whoever got to it first; others are made while it is waited for. */
  private T await(int part) {
    while (true) {
      FutureTask<T> task = tasks.get(part);
      if (task != null && task.isDone()) {
        return result(task);
      }
      int mine = claim();
      if (mine < 0 && task != null) {
        return result(task);
      }
      if (mine >= 0) {
        run(mine);
      }
    }
  }

  private void run(int part) {
    FutureTask<T> task = tasks.get(part);
    if (task != null) {
      task.run();
    }
  }

  private T result(FutureTask<T> task) {
    try {
      return task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new QueryInterruptedException(
          QueryInterruptedException.Reason.CANCELLED, "query was canceled");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  /** Asks for as many helpers as there are parts that nobody has begun. */
  private void call() {
    int wanted;
    synchronized (this) {
      int open = Math.min(count, taken + ahead) - next - 1;
      wanted = Math.max(0, Math.min(workers.helpersMax(), open) - helpers);
      helpers += wanted;
    }
    for (int i = 0; i < wanted; i++) {
      send();
    }
  }

  private void send() {
    try {
      workers.executor().execute(this::help);
    } catch (RejectedExecutionException e) {
      leave();
    }
  }

  private synchronized void leave() {
    helpers--;
  }

  /** One part, and then to the end of the queue: other queries' parts come between. */
  private void help() {
    int part = claim();
    if (part < 0) {
      leave();
      return;
    }
    run(part);
    send();
  }

  /** What the helpers read may go after this. */
  private void close() {
    closed = true;
    int begun;
    synchronized (this) {
      begun = next;
    }
    boolean interrupted = false;
    for (int part = 0; part < begun; part++) {
      FutureTask<T> task = tasks.get(part);
      while (task != null && !task.isDone()) {
        try {
          T _ = task.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException | CancellationException e) {
          // The query has its answer, or has failed already.
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
