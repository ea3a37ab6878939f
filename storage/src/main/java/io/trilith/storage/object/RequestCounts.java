package io.trilith.storage.object;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** Requests sent to a bucket, each attempt counted as it is billed. Thread-safe. */
public final class RequestCounts {
  private final Map<Operation, LongAdder> counts = new EnumMap<>(Operation.class);

  /** What a request does. */
  public enum Operation {
    GET,
    PUT,
    /** Starts, continues, completes or gives up an upload in parts. */
    MULTIPART,
    LIST,
    DELETE,
    OTHER;

    /** As in the label of the metric. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public RequestCounts() {
    for (Operation operation : Operation.values()) {
      counts.put(operation, new LongAdder());
    }
  }

  public void add(Operation operation) {
    adder(operation).increment();
  }

  public long of(Operation operation) {
    return adder(operation).sum();
  }

  private LongAdder adder(Operation operation) {
    return Objects.requireNonNull(counts.get(operation));
  }
}
