package io.trilith.storage.log;

import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.nio.ByteBuffer;

/** A log for offline work on blocks: takes nothing and has nothing. */
public final class NoLog implements Log {
  @Override
  public Ticket append(Signal signal, TenantId tenant, ByteBuffer payload) {
    throw new IllegalStateException("a bucket without a server takes no data");
  }

  @Override
  public void read(long from, RecordReader reader) {}

  @Override
  public long next() {
    return 0;
  }

  @Override
  public void trim(long below) {}

  @Override
  public long oldest() {
    return 0;
  }

  @Override
  public void seal(long below) {}

  @Override
  public LogStats stats() {
    return new LogStats(0, 0, 0, 0, 0);
  }

  @Override
  public void close() {}
}
