package io.trilith.rules.notify;

import io.prometheus.metrics.core.metrics.Counter;
import io.trilith.config.ReceiverConfig;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.TenantId;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells one receiver of its groups, each when it is due, by a thread of its own. What a receiver
 * was told is known until the process ends: the next one may tell a group once more. Thread-safe.
 */
final class Receiver {
  private static final Logger log = LoggerFactory.getLogger(Receiver.class);
  private static final int TOO_MANY_REQUESTS = 429;

  /** The clock may be set; so it is looked at least this often. */
  private static final long LOOK_MILLIS = 1000;

  /** What receivers count. */
  record Counters(Counter sent, Counter failed, Counter dropped) {}

  private final ReceiverConfig config;
  private final String externalUrl;
  private final InstantSource clock;
  private final Counters counters;
  private final HttpClient http;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by the lock.
  private final ReceiverGroups groups;
  private boolean closed;

  Receiver(
      ReceiverConfig config,
      List<Matcher> matchers,
      int alertsMax,
      BiPredicate<TenantId, Labels> silenced,
      String externalUrl,
      InstantSource clock,
      Counters counters) {
    this.config = config;
    this.externalUrl = externalUrl;
    this.clock = clock;
    this.counters = counters;
    this.groups = new ReceiverGroups(config, matchers, alertsMax, silenced);
    // Redirects are not followed: the address is the one that was configured.
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(config.timeout())
            .build();
  }

  String name() {
    return config.name();
  }

  void add(TenantId tenant, List<Notification> alerts) {
    lock.lock();
    try {
      long now = clock.millis();
      int dropped = 0;
      for (Notification alert : alerts) {
        dropped += groups.add(tenant, alert, now) ? 0 : 1;
      }
      if (dropped > 0) {
        counters.dropped().labelValues(name()).inc(dropped);
        log.warn(
            "{} alerts for receiver {} were dropped: more than rules.notification-queue-max wait",
            dropped,
            name());
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Sends until it is closed or interrupted. */
  void run() {
    try {
      while (true) {
        List<GroupMessage> due = await();
        if (due.isEmpty()) {
          return;
        }
        for (GroupMessage message : due) {
          boolean done = send(message);
          lock.lockInterruptibly();
          try {
            if (done) {
              groups.sent(message, clock.millis());
            } else {
              groups.failed(message, clock.millis());
            }
          } finally {
            lock.unlock();
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What is due; empty when it is closed. */
  private List<GroupMessage> await() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!closed) {
        long now = clock.millis();
        List<GroupMessage> due = groups.due(now);
        if (!due.isEmpty()) {
          return due;
        }
        long wait = Math.clamp(groups.next() - now, 1, LOOK_MILLIS);
        if (groups.next() == Long.MAX_VALUE) {
          changed.await();
        } else {
          long _ = changed.awaitNanos(TimeUnit.MILLISECONDS.toNanos(wait));
        }
      }
      return List.of();
    } finally {
      lock.unlock();
    }
  }

  /** Whether it is done with: taken, or refused in a way that another try does not change. */
  private boolean send(GroupMessage message) throws InterruptedException {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(config.address()))
              .timeout(config.timeout())
              .header("Content-Type", "application/json")
              .header("User-Agent", "Trilith")
              .POST(
                  HttpRequest.BodyPublishers.ofByteArray(
                      ReceiverPayload.of(config, message, externalUrl)))
              .build();
      int status = http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
      if (status / 100 == 2) {
        counters.sent().labelValues(name()).inc();
        return true;
      }
      counters.failed().labelValues(name()).inc();
      boolean again = status / 100 == 5 || status == TOO_MANY_REQUESTS;
      log.warn(
          "receiver {} answered {} to a message on {}: it is {}",
          name(),
          status,
          message.group(),
          again ? "tried again" : "given up");
      return !again;
    } catch (IOException e) {
      counters.failed().labelValues(name()).inc();
      // The message of the exception may hold the address, and with it a key.
      log.warn("receiver {} cannot be reached: {}", name(), e.getClass().getSimpleName());
      return false;
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
