package io.trilith.net;

import io.trilith.storage.admission.FairPlaces;
import io.trilith.storage.model.TenantId;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A limited number of requests run and a limited number wait, fair between tenants; the rest is
 * refused at once. Thread-safe.
 */
final class WorkQueue {
  private final String key;
  private final int runningMax;
  private final Duration waitMax;
  private final FairPlaces places;

  /** The key is the setting that a refusal names. */
  WorkQueue(String key, int runningMax, int waitingMax, Duration waitMax) {
    this.key = key;
    this.runningMax = runningMax;
    this.waitMax = waitMax;
    this.places = new FairPlaces(runningMax, waitingMax);
  }

  int waiting() {
    return places.waiting();
  }

  /** Waits for a place; a 429 when there is none to be had. */
  Permit enter(TenantId tenant) throws InterruptedException {
    FairPlaces.Place place = places.take(tenant, waitMax.toNanos());
    if (place == null) {
      throw HttpStatusException.busy(
          "too many requests: " + runningMax + " are being handled (" + key + ") and others wait");
    }
    return new Permit(place);
  }

  /** A place among the running. May be given back early, and more than once. Thread-safe. */
  static final class Permit implements AutoCloseable {
    static final Permit NONE = new Permit(null);

    private final FairPlaces.@Nullable Place place;

    private Permit(FairPlaces.@Nullable Place place) {
      this.place = place;
    }

    @Override
    public void close() {
      if (place != null) {
        place.close();
      }
    }
  }
}
