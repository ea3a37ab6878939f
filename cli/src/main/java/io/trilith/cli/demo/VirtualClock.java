package io.trilith.cli.demo;

import io.opentelemetry.sdk.common.Clock;

/** The time that the shop lives in: half an hour of it passes in seconds. Thread-safe. */
final class VirtualClock implements Clock {
  private volatile long nanos;

  VirtualClock(long startNanos) {
    this.nanos = startNanos;
  }

  void set(long toNanos) {
    nanos = toNanos;
  }

  @Override
  public long now() {
    return nanos;
  }

  @Override
  public long nanoTime() {
    return nanos;
  }
}
