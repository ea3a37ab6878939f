package io.trilith.storage.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.storage.model.TenantId;
import io.trilith.testing.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class FairPlacesTest {
  private static final TenantId HEAVY = new TenantId("heavy");
  private static final TenantId LIGHT = new TenantId("light");
  private static final long LONG = Long.MAX_VALUE;

  private static FairPlaces.Place take(FairPlaces places, TenantId tenant) throws Exception {
    return Objects.requireNonNull(places.take(tenant, LONG));
  }

  private static void awaitWaiting(FairPlaces places, int count) {
    while (places.waiting() != count) {
      Thread.onSpinWait();
    }
  }

  @Test
  void aTenantWithMuchWorkWaitsBehindItself() throws Exception {
    FairPlaces places = new FairPlaces(2, 100);
    List<FairPlaces.Place> held = List.of(take(places, HEAVY), take(places, HEAVY));
    ConcurrentLinkedQueue<TenantId> order = new ConcurrentLinkedQueue<>();
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      for (int i = 0; i < 5; i++) {
        threads.execute(() -> run(places, HEAVY, order));
        awaitWaiting(places, i + 1);
      }
      threads.execute(() -> run(places, LIGHT, order));
      awaitWaiting(places, 6);
      // One by one: two that are let go at once write down their names in any order.
      held.getFirst().close();
      while (order.isEmpty()) {
        Thread.onSpinWait();
      }
      held.getLast().close();
    }
    assertThat(order).hasSize(6);
    assertThat(order.peek()).isEqualTo(LIGHT);
    assertThat(places.taken()).isZero();
  }

  private static void run(
      FairPlaces places, TenantId tenant, ConcurrentLinkedQueue<TenantId> order) {
    try (FairPlaces.Place _ = take(places, tenant)) {
      order.add(tenant);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whoWaitsTooLongOrBehindTooManyGetsNone() throws Exception {
    FairPlaces places = new FairPlaces(1, 1);
    try (FairPlaces.Place _ = take(places, HEAVY)) {
      assertThat(places.take(HEAVY, 1)).isNull();
      assertThat(places.waiting()).isZero();
      CompletableFuture<FairPlaces.Place> waits = new CompletableFuture<>();
      Thread waiter =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      waits.complete(take(places, HEAVY));
                    } catch (Exception e) {
                      waits.completeExceptionally(e);
                    }
                  });
      awaitWaiting(places, 1);
      assertThat(places.take(LIGHT, LONG)).isNull();
      waiter.interrupt();
      waiter.join();
      assertThat(waits).isCompletedExceptionally();
    }
    assertThat(places.taken()).isZero();
    take(places, LIGHT).close();
  }

  @Test
  void aPlaceGivenBackTwiceIsOnePlace() throws Exception {
    FairPlaces places = new FairPlaces(1, 1);
    FairPlaces.Place place = take(places, HEAVY);
    place.close();
    place.close();
    assertThat(places.taken()).isZero();
    try (FairPlaces.Place _ = take(places, LIGHT)) {
      place.close();
      assertThat(places.take(HEAVY, 1)).isNull();
    }
  }

  @Test
  void thereAreNeverMoreAtOnceThanPlaces() throws Exception {
    SplittableRandom random = Seeds.random("FairPlacesTest");
    FairPlaces places = new FairPlaces(3, 1000);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Future<?>> all = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < Seeds.iterations(400); i++) {
        TenantId tenant = new TenantId("t" + random.nextInt(5));
        boolean interrupted = random.nextInt(10) == 0;
        Future<?> one =
            threads.submit(
                () -> {
                  try (FairPlaces.Place _ = take(places, tenant)) {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    Thread.onSpinWait();
                    inside.decrementAndGet();
                  }
                  return null;
                });
        all.add(one);
        if (interrupted) {
          one.cancel(true);
        }
      }
      for (Future<?> one : all) {
        if (!one.isCancelled()) {
          one.get();
        }
      }
    }
    assertThat(most.get()).isBetween(1, 3);
    assertThat(places.taken()).isZero();
    assertThat(places.waiting()).isZero();
  }
}
