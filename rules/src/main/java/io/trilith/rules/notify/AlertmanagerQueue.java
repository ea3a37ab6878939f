package io.trilith.rules.notify;

import io.trilith.storage.model.Labels;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one Alertmanager is still to be told: of each alert the newest word, oldest first. A failed
 * batch is tried again, unless newer words have come; one on a firing alert is given up when it
 * would be sent anew anyway, one on a resolved alert never. Thread-safe.
 */
final class AlertmanagerQueue {
  private static final Logger log = LoggerFactory.getLogger(AlertmanagerQueue.class);
  private static final int BATCH_MAX = 256;
  private static final long PAUSE_MIN_MILLIS = 500;
  private static final long PAUSE_MAX_MILLIS = 30_000;

  /** Sends a batch; throws when it was not accepted. */
  @FunctionalInterface
  interface Sender {
    void send(List<Notification> batch) throws IOException, InterruptedException;
  }

  private record Waiting(Notification notification, long since) {}

  private final String url;
  private final Sender sender;
  private final int max;
  private final long resendMillis;
  private final InstantSource clock;
  private final NotifierMetrics metrics;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by the lock.
  private final LinkedHashMap<Labels, Waiting> waiting = new LinkedHashMap<>();
  private boolean closed;
  private boolean sending;

  AlertmanagerQueue(
      String url,
      Sender sender,
      int max,
      long resendMillis,
      InstantSource clock,
      NotifierMetrics metrics) {
    this.url = url;
    this.sender = sender;
    this.max = max;
    this.resendMillis = resendMillis;
    this.clock = clock;
    this.metrics = metrics;
  }

  String url() {
    return url;
  }

  int size() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /** Adds words, which replace older ones on the same alerts. */
  void add(List<Notification> notifications) {
    lock.lock();
    try {
      for (Notification one : notifications) {
        // Put at the end: what is told last was said last.
        Waiting _ = waiting.remove(one.labels());
        Waiting _ = waiting.put(one.labels(), new Waiting(one, clock.millis()));
      }
      Iterator<Labels> oldest = waiting.keySet().iterator();
      int dropped = 0;
      while (waiting.size() > max && oldest.hasNext()) {
        oldest.next();
        oldest.remove();
        dropped++;
      }
      if (dropped > 0) {
        metrics.dropped(url, dropped);
        log.warn(
            "{} alerts for {} were dropped: more than rules.notification-queue-max = {} wait",
            dropped,
            url,
            max);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Sends until it is closed and empty, or interrupted. */
  void run() {
    long pause = PAUSE_MIN_MILLIS;
    try {
      while (true) {
        List<Waiting> batch = take();
        if (batch.isEmpty()) {
          return;
        }
        if (send(batch)) {
          pause = PAUSE_MIN_MILLIS;
        } else {
          pause(pause);
          pause = Math.min(PAUSE_MAX_MILLIS, 2 * pause);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The next batch, empty when it is closed and there is none. */
  private List<Waiting> take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (waiting.isEmpty() && !closed) {
        changed.await();
      }
      List<Waiting> batch = new ArrayList<>();
      Iterator<Map.Entry<Labels, Waiting>> all = waiting.entrySet().iterator();
      while (all.hasNext() && batch.size() < BATCH_MAX) {
        batch.add(all.next().getValue());
        all.remove();
      }
      sending = !batch.isEmpty();
      return batch;
    } finally {
      lock.unlock();
    }
  }

  private boolean send(List<Waiting> batch) throws InterruptedException {
    long begin = System.nanoTime();
    try {
      sender.send(batch.stream().map(Waiting::notification).toList());
      metrics.sent(url, batch.size(), System.nanoTime() - begin);
      done();
      return true;
    } catch (IOException e) {
      metrics.failed(url, batch.size());
      log.warn("{} alerts could not be sent to {}: {}", batch.size(), url, e.getMessage());
      putBack(batch);
      return false;
    }
  }

  private void done() {
    lock.lock();
    try {
      sending = false;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void putBack(List<Waiting> batch) {
    lock.lock();
    try {
      long given = clock.millis() - resendMillis;
      Map<Labels, Waiting> newer = new LinkedHashMap<>(waiting);
      waiting.clear();
      for (Waiting one : batch) {
        if (one.notification().resolved() || one.since() > given) {
          waiting.put(one.notification().labels(), one);
        } else {
          metrics.dropped(url, 1);
        }
      }
      newer.forEach(
          (labels, one) -> {
            Waiting _ = waiting.remove(labels);
            Waiting _ = waiting.put(labels, one);
          });
      sending = false;
      if (closed) {
        // One try is all there is time for.
        waiting.clear();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void pause(long millis) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = TimeUnit.MILLISECONDS.toNanos(millis);
      while (left > 0 && !closed) {
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Lets what waits be sent once and ends. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until nothing waits, for tests and the end. */
  boolean awaitEmpty(long millis) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = TimeUnit.MILLISECONDS.toNanos(millis);
      while ((sending || !waiting.isEmpty()) && left > 0) {
        left = changed.awaitNanos(left);
      }
      return !sending && waiting.isEmpty();
    } finally {
      lock.unlock();
    }
  }
}
