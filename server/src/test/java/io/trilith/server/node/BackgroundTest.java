package io.trilith.server.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.storage.error.StorageException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BackgroundTest {
  private static final Duration PAUSE = Duration.ofMillis(1);

  private final Background background = new Background();

  @AfterEach
  void stop() {
    background.stop(Duration.ofSeconds(10));
  }

  @Test
  void aTaskThatFailsIsRunAgain() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    CountDownLatch enough = new CountDownLatch(1);
    background.start(
        List.of(
            new Background.Task(
                "fails",
                PAUSE,
                () -> {
                  switch (runs.incrementAndGet()) {
                    case 1 -> throw new IllegalStateException("on purpose");
                    case 2 ->
                        throw new StorageException.Unavailable(
                            "on purpose", new IOException("on purpose"));
                    case 3 -> throw new OutOfMemoryError("on purpose");
                    default -> enough.countDown();
                  }
                })));
    enough.await();
    assertThat(runs.get()).isGreaterThan(3);
  }

  @Test
  void aTaskThatWaitsIsInNobodysWayAndIsInterruptedByTheStop() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    CountDownLatch others = new CountDownLatch(100);
    AtomicBoolean interrupted = new AtomicBoolean();
    Runnable waits =
        () -> {
          begun.countDown();
          try {
            never.await();
          } catch (InterruptedException e) {
            interrupted.set(true);
          }
        };
    background.start(
        List.of(
            new Background.Task("waits", PAUSE, waits),
            new Background.Task("goes on", PAUSE, others::countDown)));
    begun.await();
    others.await();
    background.stop(Duration.ofSeconds(30));
    assertThat(interrupted).isTrue();
  }

  @Test
  void aTaskRunsUnderItsNameAndNeverBesideItself() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicBoolean wrong = new AtomicBoolean();
    CountDownLatch enough = new CountDownLatch(200);
    Runnable task =
        () -> {
          if (inside.incrementAndGet() > 1 || !Thread.currentThread().getName().equals("alone")) {
            wrong.set(true);
          }
          inside.decrementAndGet();
          enough.countDown();
        };
    background.start(List.of(new Background.Task("alone", Duration.ZERO, task)));
    enough.await();
    assertThat(wrong).isFalse();
  }
}
