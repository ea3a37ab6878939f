package io.trilith.promql;

import io.trilith.engine.QueryInterruptedException;
import io.trilith.engine.QueryWorkers;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Work in numbered chunks that several threads make, and one takes in order: what comes out does
 * not depend on how many threads there are, nor on which of them is faster. The taking thread makes
 * chunks too, so that all ends even when nobody helps.
 */
final class OrderedChunks<T> {
  /** How a chunk is made and taken. */
  interface Work<T> {
    /** Makes a chunk, on any thread. */
    T make(int chunk, Lane lane);

    /** Takes a chunk; on the query's thread, in order. */
    void take(T made);

    /** Makes and takes the chunk whose turn it is; on the query's thread. */
    default void pass(int chunk, Lane lane) {
      take(make(chunk, lane));
    }
  }

  /** A chunk that waits for its turn. */
  private record Made<T>(@Nullable T value, List<Note> notes, @Nullable Throwable failure) {}

  private final Evaluator evaluator;
  private final QueryWorkers workers;
  private final Work<T> work;
  private final int count;

  /** Chunks that wait for their turn, by number modulo the window. */
  private final AtomicReferenceArray<@Nullable Made<T>> made;

  private int next;
  private int taken;
  private int helpers;
  private int active;
  private boolean closed;

  /**
   * Chunks that are made ahead of their turn fill the window at most.
   *
   * @param count how many chunks there are
   */
  OrderedChunks(Evaluator evaluator, QueryWorkers workers, int count, int window, Work<T> work) {
    this.evaluator = evaluator;
    this.workers = workers;
    this.work = work;
    this.count = count;
    this.made = new AtomicReferenceArray<>(window);
  }

  /** Makes and takes all of them. When it ends, however it does, nobody works on them any more. */
  void run() {
    Lane direct = Lane.direct(evaluator);
    Lane ahead = Lane.apart(evaluator, this::closed);
    try {
      for (int chunk = 0; chunk < count; chunk++) {
        call();
        Made<T> done = await(chunk, ahead);
        if (done == null) {
          work.pass(chunk, direct);
        } else {
          accept(done);
        }
        advance();
      }
    } finally {
      close();
    }
  }

  private void accept(Made<T> done) {
    for (Note note : done.notes()) {
      note.tell(evaluator);
    }
    switch (done.failure()) {
      case null -> {}
      case Error error -> throw error;
      case RuntimeException exception -> throw exception;
      case Throwable other -> throw new IllegalStateException(other);
    }
    T value = done.value();
    if (value != null) {
      work.take(value);
    }
  }

  private synchronized void advance() {
    taken++;
  }

  /** Asks for help as far as there is work and nobody is on the way to it yet. */
  private void call() {
    int wanted;
    synchronized (this) {
      int open = limit() - next - 1;
      wanted = Math.min(workers.helpersMax(), open) - helpers;
      helpers += Math.max(0, wanted);
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

  /** One chunk, and then to the end of the queue: other queries' chunks come between. */
  private void help() {
    int chunk = claim();
    if (chunk < 0) {
      return;
    }
    try {
      put(chunk, make(chunk, Lane.apart(evaluator, this::closed)));
    } finally {
      rest();
    }
    send();
  }

  private synchronized int claim() {
    if (closed || next >= limit()) {
      helpers--;
      return -1;
    }
    active++;
    return next++;
  }

  private synchronized void rest() {
    active--;
    notifyAll();
  }

  private synchronized void put(int chunk, Made<T> done) {
    made.set(chunk % made.length(), done);
    notifyAll();
  }

  @SuppressWarnings("CatchThrowable") // told to the thread that evaluates the query
  private Made<T> make(int chunk, Lane lane) {
    try {
      T value = work.make(chunk, lane);
      return new Made<>(value, lane.takeNotes(), null);
    } catch (RuntimeException | Error failure) {
      return new Made<>(null, lane.takeNotes(), failure);
    }
  }

  /** The chunk when somebody has made it; null when it is the caller's now. */
  private @Nullable Made<T> await(int chunk, Lane ahead) {
    int slot = chunk % made.length();
    while (true) {
      int mine;
      synchronized (this) {
        while (made.get(slot) == null && next != chunk && next >= limit()) {
          pause();
        }
        Made<T> done = made.getAndSet(slot, null);
        if (done != null) {
          return done;
        }
        mine = next++;
      }
      if (mine == chunk) {
        return null;
      }
      put(mine, make(mine, ahead));
    }
  }

  /** Where chunks begin that nobody may make yet. */
  private synchronized int limit() {
    return Math.min(count, taken + made.length());
  }

  @SuppressWarnings("WaitNotInLoop") // the caller loops
  private synchronized void pause() {
    try {
      wait();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new QueryInterruptedException(
          QueryInterruptedException.Reason.CANCELLED, "query was canceled");
    }
  }

  /** Whether the thread that takes the chunks has given up. */
  synchronized boolean closed() {
    return closed;
  }

  /** What the helpers read from may go after this. */
  private synchronized void close() {
    closed = true;
    boolean interrupted = false;
    while (active > 0) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
