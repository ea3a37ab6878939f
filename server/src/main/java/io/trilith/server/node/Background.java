package io.trilith.server.node;

import io.trilith.storage.error.StorageException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks again and again. One timer knows when each is due; threads that come and go with the
 * work run them, so that a task that takes long or waits for a bucket is in nobody's way.
 * Thread-safe.
 */
public final class Background {
  private static final Logger log = LoggerFactory.getLogger(Background.class);
  private static final Duration UNAVAILABLE_PAUSE = Duration.ofSeconds(1);

  /** Threads that are there when memory is short. */
  private static final int THREADS_MIN = 2;

  private static final Duration IDLE = Duration.ofSeconds(10);

  private final ScheduledExecutorService timer =
      new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().daemon().name("timer").factory());
  private final ThreadPoolExecutor workers =
      new ThreadPoolExecutor(
          THREADS_MIN,
          Integer.MAX_VALUE,
          IDLE.toMillis(),
          TimeUnit.MILLISECONDS,
          new SynchronousQueue<>(),
          Thread.ofPlatform().daemon().name("background-", 0).factory());

  /**
   * Work that never overlaps with itself. A failure is told and tried again at the next turn.
   *
   * @param name of the thread while it runs, and in messages
   * @param pause between the end of one run and the begin of the next
   */
  public record Task(String name, Duration pause, Runnable work) {}

  /** Has tasks run, for the first time when their pause is over. */
  public void start(List<Task> tasks) {
    int _ = workers.prestartAllCoreThreads();
    tasks.forEach(task -> next(task, task.pause()));
  }

  private void next(Task task, Duration pause) {
    while (true) {
      try {
        var _ = timer.schedule(() -> begin(task), pause.toNanos(), TimeUnit.NANOSECONDS);
        return;
      } catch (RejectedExecutionException e) {
        return; // It is stopping.
      } catch (OutOfMemoryError e) {
        // Others wait for its work: it must not be forgotten.
        LockSupport.parkNanos(UNAVAILABLE_PAUSE.toNanos());
      }
    }
  }

  private void begin(Task task) {
    try {
      workers.execute(() -> run(task));
    } catch (RejectedExecutionException e) {
      log.debug("{} is not begun any more", task.name());
    } catch (OutOfMemoryError e) {
      // No thread to be had.
      next(task, task.pause().plus(UNAVAILABLE_PAUSE));
    }
  }

  private void run(Task task) {
    Duration pause = task.pause();
    try {
      Thread.currentThread().setName(task.name());
      if (!runOnce(task)) {
        pause = pause.plus(UNAVAILABLE_PAUSE);
      }
    } catch (OutOfMemoryError e) {
      // Not even enough to say so.
      pause = UNAVAILABLE_PAUSE;
    } finally {
      next(task, pause);
    }
  }

  /** Whether what it needs was there. */
  private static boolean runOnce(Task task) {
    try {
      task.work().run();
      return true;
    } catch (StorageException.Unavailable e) {
      log.warn("{} failed, it is tried again: {}", task.name(), e.getMessage());
      return false;
    } catch (RuntimeException | OutOfMemoryError e) {
      log.warn("{} failed, it is tried again", task.name(), e);
      return true;
    }
  }

  /**
   * Begins no task any more and interrupts those that run.
   *
   * @param timeout for all together: one that waits for a bucket is left behind
   */
  public void stop(Duration timeout) {
    var _ = timer.shutdownNow();
    var _ = workers.shutdownNow();
    try {
      boolean _ = workers.awaitTermination(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
