package io.trilith.net;

import io.trilith.config.ByteSize;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.memory.MemoryShare;

/**
 * What one request holds of the heap. Closing it gives all of it back. Thread-safe.
 *
 * @param all the body and what is made of it until it is stored
 * @param body the body's bytes alone, as they came and decoded; a part of {@code all}
 */
record RequestMemory(Booking all, Booking body) implements AutoCloseable {
  @Override
  public void close() {
    body.close();
    all.close();
  }

  /**
   * Where requests take their memory from.
   *
   * @param requests all of it
   * @param bodies bytes of bodies, which have a limit of their own within it
   */
  record Source(MemoryShare requests, MemoryShare bodies) {
    static Source of(MemoryShare requests, ByteSize bodiesMax) {
      return new Source(
          requests,
          new MemoryShare(
              "server.bodies-in-flight-max",
              "too many request bodies in flight: those being read and stored",
              bodiesMax.isAuto() ? requests.max() : bodiesMax.bytes()));
    }

    RequestMemory open() {
      Booking all = requests.open();
      return new RequestMemory(all, all.within(bodies));
    }
  }
}
